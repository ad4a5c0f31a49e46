//! What a service logs: in memory, or as a process in a file.

use std::{
    fs,
    io::Write,
    process::Command,
    sync::{Arc, Mutex, Once},
};

use tempfile::NamedTempFile;
use tracing::{Level, subscriber::DefaultGuard};
use tracing_subscriber::fmt::MakeWriter;

/// A log; its clones are the same log.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// A log of what this thread logs at this level, until the guard is dropped.
    pub(super) fn at(level: Level) -> (Self, DefaultGuard) {
        // Otherwise, what another test logs at the same time for the first time could be switched off for this one, too.
        static ALL: Once = Once::new();
        ALL.call_once(|| {
            let _ = tracing::subscriber::set_global_default(tracing_subscriber::registry());
        });
        let log = Self::default();
        let lines = tracing_subscriber::fmt().with_max_level(level).with_writer(log.clone());
        let guard = tracing::subscriber::set_default(lines.with_ansi(false).finish());
        (log, guard)
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("the log")).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("the log").write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The file with what a process logs.
pub(super) struct LogFile(NamedTempFile);

impl LogFile {
    pub(super) fn new() -> Self {
        Self(NamedTempFile::new().expect("a file"))
    }

    /// A process of this program that logs into the file.
    pub(super) fn of(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.stderr(self.0.reopen().expect("the file"));
        command
    }

    pub(super) fn text(&self) -> String {
        fs::read_to_string(self.0.path()).expect("text")
    }
}
