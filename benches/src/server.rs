//! A server under measurement, as a process.

use std::{
    fs,
    io::{self, BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// A server process that listens on a free port. Dropping this value kills the process.
pub(crate) struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// Starts a program, possibly under a wrapper such as valgrind, and waits until it prints its address.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let mut process = command.stdout(Stdio::piped()).env("RUST_LOG", "warn").spawn()?;
        let output = process.stdout.take().ok_or_else(|| io::Error::other("no output"))?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().split_once("http://").map(|(_, address)| address);
        let address = address.ok_or_else(|| io::Error::other(format!("no address in {line:?}")))?;
        Ok(Self { process, address: address.trim_end_matches('/').to_owned() })
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The current and the peak resident memory, in bytes.
    pub(crate) fn memory(&self) -> io::Result<(u64, u64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let kibibytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<u64>().ok()
        };
        let read = kibibytes("VmRSS").zip(kibibytes("VmHWM"));
        let (now, most) = read.ok_or_else(|| io::Error::other("no memory figures in /proc"))?;
        Ok((now << 10, most << 10))
    }

    /// Sends `SIGTERM`, and waits until the process ends.
    pub(crate) fn stop(mut self) -> io::Result<()> {
        let id = self.process.id().to_string();
        Command::new("kill").arg(id).status()?;
        self.process.wait().map(|_| ())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A program to measure.
#[derive(Clone)]
pub(crate) struct Subject {
    /// Its name in the table.
    pub(crate) name: &'static str,
    /// The package of the program.
    pub(crate) package: &'static str,
    /// The name of the executable.
    pub(crate) program: &'static str,
    /// The path of its source file.
    pub(crate) source: &'static str,
    pub(crate) arguments: &'static [&'static str],
}

impl Subject {
    /// The command that starts it.
    pub(crate) fn command(&self, programs: &Path) -> Command {
        let mut command = Command::new(programs.join(self.program));
        command.args(self.arguments);
        command
    }

    /// The command that starts it under another program, given with its arguments.
    pub(crate) fn under(&self, programs: &Path, outer: &[&str]) -> Command {
        let inner = self.command(programs);
        let mut words = outer.iter();
        let mut command = Command::new(words.next().copied().unwrap_or_default());
        command.args(words).arg(inner.get_program()).args(inner.get_args());
        command
    }
}
