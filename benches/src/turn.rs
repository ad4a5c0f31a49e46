//! Processes that take turns, so that what comes and goes on a machine disturbs all of them.

use std::{
    io::{self, Read},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process_group};

/// How often to look whether a process has ended.
const LOOK: Duration = Duration::from_millis(5);

/// A process, with all that it starts, which rests until it is told to go on, and ends with this value.
pub(crate) struct Resting {
    process: Child,
    active: Duration,
}

impl Resting {
    /// Starts a process, and lets it rest.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let process = command.process_group(0).spawn()?;
        let resting = Self { process, active: Duration::ZERO };
        resting.tell(Signal::STOP)?;
        Ok(resting)
    }

    /// Goes on for so long, and rests again; or tells how it ended, if it did.
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

    /// Goes on to its end; what it wrote, where its output is piped.
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

    /// How long it did not rest.
    pub(crate) fn active(&self) -> Duration {
        self.active
    }

    fn tell(&self, signal: Signal) -> io::Result<()> {
        Ok(kill_process_group(Pid::from_child(&self.process), signal)?)
    }
}

impl Drop for Resting {
    fn drop(&mut self) {
        // Of a process that was waited for, the number may be another's.
        if let Ok(None) = self.process.try_wait() {
            let _ = self.tell(Signal::KILL);
            let _ = self.process.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::process::Stdio;

    use super::*;

    #[test]
    fn a_process_goes_on_to_its_end() {
        let mut echo =
            Resting::start(Command::new("echo").arg("a").stdout(Stdio::piped())).unwrap();
        assert_eq!(echo.active(), Duration::ZERO);
        assert_eq!(echo.end().unwrap(), "a\n");
        assert!(echo.active() > Duration::ZERO);
    }

    #[test]
    fn a_turn_tells_how_the_process_ended() {
        let mut failing = Resting::start(&mut Command::new("false")).unwrap();
        let ended = failing.go_on_for(Duration::from_secs(60)).unwrap();
        assert_eq!(ended.and_then(|status| status.code()), Some(1));
    }

    #[test]
    fn a_process_rests_after_its_turn() {
        let mut sleeping = Resting::start(Command::new("sleep").arg("60")).unwrap();
        assert!(sleeping.go_on_for(Duration::ZERO).unwrap().is_none());
        let state = format!("/proc/{}/stat", sleeping.process.id());
        let is_stopped = || std::fs::read_to_string(&state).unwrap().contains(" T ");
        while !is_stopped() {
            thread::yield_now();
        }
    }
}
