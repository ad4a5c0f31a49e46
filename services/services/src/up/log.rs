//! What the services print, with their names before each line, on standard error.

use std::{
    fmt,
    io::{self, Write},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

/// How much waits to be printed, at most, in bytes.
const WAITING: usize = 4 << 20;

/// What is printed, by a thread of its own: a pipe that nobody reads stops neither the services nor their end. It is cheap to
/// clone.
#[derive(Clone)]
pub(super) struct Log(Arc<Inner>);

#[derive(Default)]
struct Inner {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    text: Vec<u8>,
    /// The lines for which there was no room.
    left_out: u64,
    is_printing: bool,
}

impl Log {
    /// Prints to an output. That something cannot be printed ends nothing.
    pub(super) fn to(mut output: impl Write + Send + 'static) -> io::Result<Self> {
        let log = Self(Arc::default());
        let inner = Arc::clone(&log.0);
        let printing = move || {
            loop {
                let text = inner.next();
                let _ = output.write_all(&text);
            }
        };
        thread::Builder::new().name("log".to_owned()).spawn(printing)?;
        Ok(log)
    }

    /// Adds a line.
    pub(super) fn print(&self, prefix: &str, line: &str) {
        let mut waiting = self.0.waiting();
        if waiting.text.len() + line.len() > WAITING {
            waiting.left_out += 1;
        } else {
            waiting.note_left_out();
            waiting.text.extend(format!("{prefix} | {line}\n").bytes());
        }
        self.0.changed.notify_all();
    }

    /// Waits until all is printed, for as long as this at most.
    pub(super) fn flush(&self, longest: Duration) {
        let is_waiting = |it: &mut Waiting| it.is_printing || !it.text.is_empty();
        drop(self.0.changed.wait_timeout_while(self.0.waiting(), longest, is_waiting));
    }
}

impl Inner {
    /// Waits for text, and takes all of it.
    fn next(&self) -> Vec<u8> {
        let mut waiting = self.waiting();
        waiting.is_printing = false;
        self.changed.notify_all();
        let is_empty = |it: &mut Waiting| it.text.is_empty();
        let waited = self.changed.wait_while(waiting, is_empty);
        let mut waiting = waited.unwrap_or_else(PoisonError::into_inner);
        waiting.note_left_out();
        waiting.is_printing = true;
        mem::take(&mut waiting.text)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Says in its place how many lines were left out.
    fn note_left_out(&mut self) {
        match mem::take(&mut self.left_out) {
            0 => {}
            lines => self.text.extend(format!("… | {lines} lines were left out\n").bytes()),
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Log").finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An output that takes something only when the test does.
    struct Pipe(std::sync::mpsc::SyncSender<Vec<u8>>);

    impl Write for Pipe {
        fn write(&mut self, text: &[u8]) -> io::Result<usize> {
            self.0.send(text.to_vec()).map_err(io::Error::other)?;
            Ok(text.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn an_output_that_nobody_reads_keeps_nobody_waiting() {
        let (pipe, printed) = std::sync::mpsc::sync_channel(0);
        let log = Log::to(Pipe(pipe)).expect("a thread");
        let line = "x".repeat(8192);
        let count = 2 * WAITING / line.len();
        (0..count).for_each(|_| log.print("a", &line));
        log.flush(Duration::ZERO);
        let mut text = String::new();
        // They are left out in several places if the thread begins to print in between.
        let left_out = |line: &str| {
            let line = line.strip_prefix("… | ")?;
            line.strip_suffix(" lines were left out")?.parse().ok()
        };
        let lines =
            |text: &str| text.lines().map(|line| left_out(line).unwrap_or(1)).sum::<usize>();
        while lines(&text) < count {
            text += &String::from_utf8(printed.recv().expect("a text")).expect("UTF-8");
        }
        assert_eq!(lines(&text), count);
        assert!(text.contains(" lines were left out\n"));
        log.print("b", "next");
        assert_eq!(printed.recv().as_deref(), Ok(&b"b | next\n"[..]));
    }

    #[test]
    fn all_is_printed_before_the_end() {
        let (pipe, printed) = std::sync::mpsc::sync_channel(10);
        let log = Log::to(Pipe(pipe)).expect("a thread");
        log.print("a", "1");
        log.print("b", "2");
        log.flush(Duration::from_secs(60));
        assert_eq!(printed.try_iter().collect::<Vec<_>>().concat(), b"a | 1\nb | 2\n");
    }
}
