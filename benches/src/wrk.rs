//! Load by wrk: one thread sends requests over many connections, as fast as the responses arrive.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use crate::{job, turn::Resting};

/// The load on a server.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) connections: usize,
    pub(crate) seconds: u64,
    /// The only target, if there is no script.
    pub(crate) target: String,
    /// A wrk script that sends requests for many targets.
    pub(crate) script: Option<PathBuf>,
    /// The core of the client; any core if it is `None`.
    pub(crate) core: Option<&'static str>,
}

/// The results of wrk.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Run {
    pub(crate) requests_per_second: f64,
    /// In milliseconds.
    pub(crate) p50: f64,
    /// In milliseconds.
    pub(crate) p99: f64,
}

/// Load that is stopped between its turns.
pub(crate) struct Running(Resting);

impl Load {
    /// The same load for this many seconds.
    pub(crate) fn lasting(&self, seconds: u64) -> Self {
        Self { seconds, ..self.clone() }
    }

    /// Puts load on the server at an address.
    pub(crate) fn run(&self, address: &str) -> io::Result<Run> {
        let output = self.command(address).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        parse(&text).ok_or_else(|| io::Error::other(format!("unexpected output of wrk: {text}")))
    }

    /// Starts load on the server at an address, and stops it.
    pub(crate) fn start(&self, address: &str) -> io::Result<Running> {
        Resting::start(self.command(address).stdout(Stdio::piped())).map(Running)
    }

    fn command(&self, address: &str) -> Command {
        let mut command = Command::new(self.core.map_or("wrk", |_| "taskset"));
        if let Some(core) = self.core {
            command.args(["-c", core, "wrk"]);
        }
        command.args(["--threads=1", "--latency", "--timeout=10s"]);
        command.arg(format!("--connections={}", self.connections));
        command.arg(format!("--duration={}s", self.seconds));
        if let Some(script) = &self.script {
            command.arg("--script").arg(script);
        }
        command.arg(format!("http://{address}{}", self.target));
        command
    }
}

impl Running {
    /// Continues for this time, and stops again.
    pub(crate) fn go_on_for(&mut self, time: Duration) -> io::Result<()> {
        self.0.go_on_for(time).map(|_| ())
    }

    /// Continues to the end, and returns the results.
    pub(crate) fn end(mut self) -> io::Result<Run> {
        let text = self.0.end()?;
        let run = parse(&text).zip(requests(&text)).map(|(run, requests)| Run {
            requests_per_second: requests / self.0.active().as_secs_f64(),
            ..run
        });
        run.ok_or_else(|| io::Error::other(format!("unexpected output of wrk: {text}")))
    }
}

/// Writes a wrk script that requests the targets in turn, `depth` of them at once.
pub(crate) fn script(folder: &Path, targets: &[String], depth: usize) -> io::Result<PathBuf> {
    let requests: Vec<String> = targets.iter().map(|target| job::request(target)).collect();
    // Repeated, so that each target occurs equally often even if `depth` does not divide their number.
    let all: Vec<&str> =
        requests.iter().map(String::as_str).cycle().take(requests.len() * depth).collect();
    let batches: String =
        all.chunks(depth).map(|batch| format!("  {:?},\n", batch.concat())).collect();
    let path = folder.join(format!("mix-{depth}.lua"));
    let text = format!(
        "local batches = {{\n{batches}}}\nlocal position = 0\n\nfunction request()\n  \
         position = position % #batches + 1\n  return batches[position]\nend\n"
    );
    fs::write(&path, text)?;
    Ok(path)
}

/// Parses the output of wrk. Returns `None` if a connection failed.
fn parse(text: &str) -> Option<Run> {
    let value = |name: &str| {
        text.lines()
            .find_map(|line| line.trim().strip_prefix(name))
            .map(str::trim)
            .map(str::to_owned)
    };
    if value("Socket errors:").is_some() {
        return None;
    }
    Some(Run {
        requests_per_second: value("Requests/sec:")?.parse().ok()?,
        p50: milliseconds(&value("50%")?)?,
        p99: milliseconds(&value("99%")?)?,
    })
}

/// Parses the number of requests that wrk reports.
fn requests(text: &str) -> Option<f64> {
    text.lines().find_map(|line| line.trim().split_once(" requests in "))?.0.parse().ok()
}

/// Parses a time in wrk's format, such as `635.00us`.
fn milliseconds(text: &str) -> Option<f64> {
    let units = [("us", 0.001), ("ms", 1.0), ("s", 1_000.0), ("m", 60_000.0)];
    let (number, factor) =
        units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    Some(number.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
Running 3s test @ http://127.0.0.1:8001/
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     0.86ms  120.50us   6.02ms   95.10%
    Req/Sec    74.10k     1.20k   76.00k    80.00%
  Latency Distribution
     50%  635.00us
     75%    0.90ms
     90%    1.04ms
     99%    2.31ms
  221000 requests in 3.00s, 17.76MB read
  Non-2xx or 3xx responses: 6630
Requests/sec:  73666.53
Transfer/sec:      5.92MB
";

    #[test]
    fn the_output_of_wrk_is_parsed() {
        let run = Run { requests_per_second: 73_666.53, p50: 0.635, p99: 2.31 };
        assert_eq!(parse(TEXT), Some(run));
        assert_eq!(requests(TEXT), Some(221_000.0));
    }

    #[test]
    fn a_run_with_failed_connections_has_no_result() {
        let errors = "  Socket errors: connect 0, read 1, write 0, timeout 0\nRequests/sec";
        assert_eq!(parse(&TEXT.replace("Requests/sec", errors)), None);
    }

    #[test]
    fn times_are_parsed_with_their_units() {
        let times = ["500.00us", "2.50ms", "1.20s", "1.00m", "3.00h"].map(milliseconds);
        assert_eq!(times, [Some(0.5), Some(2.5), Some(1_200.0), Some(60_000.0), None]);
    }
}
