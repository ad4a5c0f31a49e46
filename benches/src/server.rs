//! A server under measurement, as a process.

use std::{
    io::{self, BufRead, BufReader},
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
        let mut process = command.stdout(Stdio::piped()).spawn()?;
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

    /// Sends `SIGTERM`, and waits until the process ends.
    pub(crate) fn stop(mut self) -> io::Result<()> {
        Command::new("kill").arg(self.process.id().to_string()).status()?;
        self.process.wait().map(|_| ())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
