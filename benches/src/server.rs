//! A server under measurement: a process of its own, which ends with this value.

use std::{
    fs,
    io::{self, BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// A server that listens on a port of its own.
pub(crate) struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// Starts a program, which may be one that runs another, and waits until it says where it listens.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let mut process = command.stdout(Stdio::piped()).env("RUST_LOG", "warn").spawn()?;
        let output = process.stdout.take().ok_or_else(|| io::Error::other("no output"))?;
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line.trim().split_once("http://").map(|(_, address)| address);
        let address = address.ok_or_else(|| io::Error::other(format!("it said {line:?}")))?;
        Ok(Self { process, address: address.trim_end_matches('/').to_owned() })
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The memory that it has and the most that it had, in bytes.
    pub(crate) fn memory(&self) -> io::Result<(u64, u64)> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let kibibytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim_start_matches(':').trim().trim_end_matches(" kB").parse::<u64>().ok()
        };
        let read = kibibytes("VmRSS").zip(kibibytes("VmHWM"));
        let (now, most) = read.ok_or_else(|| io::Error::other("/proc does not say"))?;
        Ok((now << 10, most << 10))
    }

    /// Tells it to end, and waits until it has.
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

/// A server that is compared with others.
#[derive(Clone)]
pub(crate) struct Subject {
    /// Its name in the table.
    pub(crate) name: &'static str,
    /// The package that has it, and the name of its program.
    pub(crate) package: &'static str,
    pub(crate) program: &'static str,
    /// What its author wrote.
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

    /// The command that starts it under another program.
    pub(crate) fn under(&self, programs: &Path, outer: &[&str]) -> Command {
        let inner = self.command(programs);
        let mut words = outer.iter();
        let mut command = Command::new(words.next().copied().unwrap_or_default());
        command.args(words).arg(inner.get_program()).args(inner.get_args());
        command
    }
}
