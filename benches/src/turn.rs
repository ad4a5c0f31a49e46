//! Processes that take turns, so that a disturbance of the machine affects all of them.

use std::{
    io::{self, Read},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};

/// How often to check whether a process has ended.
const LOOK: Duration = Duration::from_millis(5);

/// A process and its children, stopped until its next turn. Dropping this value kills them.
///
/// They are in a process group of their own, so that signals sent here reach the children as well. Signals from the
/// terminal, such as Ctrl-C, do not reach the group: when this program ends, the kernel ends a stopped group, and a
/// running group continues to its end.
pub(crate) struct Resting {
    process: Child,
    active: Duration,
}

impl Resting {
    /// Starts a process, and stops it.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let process = command.process_group(0).spawn()?;
        let mut resting = Self { process, active: Duration::ZERO };
        resting.tell(Signal::STOP)?;
        Ok(resting)
    }

    /// Continues the process for this time, and stops it again. Returns its exit status if it ended.
    pub(crate) fn go_on_for(&mut self, time: Duration) -> io::Result<Option<ExitStatus>> {
        let begin = Instant::now();
        self.tell(Signal::CONT)?;
        let mut ended = self.process.try_wait()?;
        while let (None, Some(left)) = (ended, time.checked_sub(begin.elapsed())) {
            thread::sleep(left.min(LOOK));
            ended = self.process.try_wait()?;
        }
        if ended.is_none() {
            self.tell(Signal::STOP)?;
        }
        self.active += begin.elapsed();
        Ok(ended)
    }

    /// Continues the process to its end, and returns its output if that is piped.
    pub(crate) fn end(&mut self) -> io::Result<String> {
        let begin = Instant::now();
        self.tell(Signal::CONT)?;
        let mut text = String::new();
        if let Some(output) = &mut self.process.stdout {
            output.read_to_string(&mut text)?;
        }
        self.process.wait()?;
        self.active += begin.elapsed();
        Ok(text)
    }

    /// How long the process was running.
    pub(crate) fn active(&self) -> Duration {
        self.active
    }

    /// Sends a signal to the process group, unless the process has ended: its ID may have been reused.
    fn tell(&mut self, signal: Signal) -> io::Result<()> {
        match self.process.try_wait()? {
            Some(_) => Ok(()),
            None => Ok(kill_process_group(Pid::from_child(&self.process), signal)?),
        }
    }
}

impl Drop for Resting {
    fn drop(&mut self) {
        let _ = self.tell(Signal::KILL);
        let _ = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        io::{BufRead, BufReader},
        process::Stdio,
    };

    use super::*;

    #[test]
    fn a_process_can_continue_to_its_end() {
        let mut echo =
            Resting::start(Command::new("echo").arg("a").stdout(Stdio::piped())).unwrap();
        assert_eq!(echo.active(), Duration::ZERO);
        assert_eq!(echo.end().unwrap(), "a\n");
        assert!(echo.active() > Duration::ZERO);
    }

    #[test]
    fn a_turn_returns_the_exit_status() {
        let mut failing = Resting::start(&mut Command::new("false")).unwrap();
        let ended = failing.go_on_for(Duration::from_secs(60)).unwrap();
        assert_eq!(ended.and_then(|status| status.code()), Some(1));
    }

    #[test]
    fn a_process_that_has_ended_has_no_more_turns() {
        let mut failing = Resting::start(&mut Command::new("false")).unwrap();
        let turns = [(); 2].map(|()| failing.go_on_for(Duration::from_secs(60)).unwrap());
        assert!(turns.iter().all(|ended| ended.is_some_and(|status| !status.success())));
        assert_eq!(failing.end().unwrap(), "");
    }

    #[test]
    fn children_are_stopped_and_killed_with_their_process() {
        let mut shell = Command::new("sh");
        shell.args(["-c", "sleep 60 & echo $!; wait"]).stdout(Stdio::piped());
        let mut resting = Resting::start(&mut shell).unwrap();
        resting.tell(Signal::CONT).unwrap();
        let mut line = String::new();
        BufReader::new(resting.process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let started = format!("/proc/{}/stat", line.trim());
        let state = || fs::read_to_string(&started).unwrap_or_default();
        assert!(resting.go_on_for(Duration::ZERO).unwrap().is_none());
        assert!(becomes(|| state().contains(") T ")), "{}", state());
        drop(resting);
        assert!(becomes(|| state().is_empty() || state().contains(") Z ")), "{}", state());
    }

    /// Whether a condition becomes true within 20 seconds.
    fn becomes(condition: impl Fn() -> bool) -> bool {
        let begin = Instant::now();
        while !condition() && begin.elapsed() < Duration::from_secs(20) {
            thread::yield_now();
        }
        condition()
    }
}
