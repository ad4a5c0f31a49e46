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
///
/// It is in a group of its own, so that no signal misses what it starts. One that the terminal sends, as on Ctrl-C, does: the
/// kernel ends who rests when nobody is left to wake them, and whose turn it is goes on to the end.
pub(crate) struct Resting {
    process: Child,
    active: Duration,
}

impl Resting {
    /// Starts a process, and lets it rest.
    pub(crate) fn start(command: &mut Command) -> io::Result<Self> {
        let process = command.process_group(0).spawn()?;
        let mut resting = Self { process, active: Duration::ZERO };
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

    /// Tells all of them; nobody, where it has ended and was waited for: its number may be another's by now.
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
    fn who_has_ended_has_no_more_turns() {
        let mut failing = Resting::start(&mut Command::new("false")).unwrap();
        let turns = [(); 2].map(|()| failing.go_on_for(Duration::from_secs(60)).unwrap());
        assert!(turns.iter().all(|ended| ended.is_some_and(|status| !status.success())));
        assert_eq!(failing.end().unwrap(), "");
    }

    #[test]
    fn what_a_process_started_rests_and_ends_with_it() {
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

    /// Whether something becomes true before long.
    fn becomes(condition: impl Fn() -> bool) -> bool {
        let begin = Instant::now();
        while !condition() && begin.elapsed() < Duration::from_secs(20) {
            thread::yield_now();
        }
        condition()
    }
}
