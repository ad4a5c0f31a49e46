//! A service that is started again when its process ends.

use std::time::{Duration, Instant};

use tokio::{
    sync::{mpsc::UnboundedSender, watch},
    time::sleep,
};
use wsgiservice::{Error, Result};

use super::{
    instance::Instance,
    process::{Launch, Process},
};

/// The pause before a service is started again for the first time.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The longest pause. A service that ran for longer has recovered.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// A service that is started again when its process ends, until it is stopped.
#[derive(Debug)]
pub(super) struct Supervised {
    pub(super) name: &'static str,
    wanted: watch::Sender<Wanted>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Running,
    Stopped,
    Killed,
}

impl Supervised {
    /// Starts a service. Sends whether its first process listens.
    pub(super) fn start(
        instance: Instance,
        launch: Launch,
        started: UnboundedSender<Result<()>>,
    ) -> Self {
        let (wanted, told) = watch::channel(Wanted::Running);
        let name = instance.service.name;
        tokio::spawn(Supervision { instance, launch, started, told }.run());
        Self { name, wanted }
    }

    /// Tells the service to end its work.
    pub(super) fn stop(&self) {
        self.wanted.send_replace(Wanted::Stopped);
    }

    /// Ends the process at once.
    pub(super) fn kill(&self) {
        self.wanted.send_replace(Wanted::Killed);
    }

    /// Waits until the service was stopped and its process has ended.
    pub(super) async fn ended(&self) {
        self.wanted.closed().await;
    }
}

struct Supervision {
    instance: Instance,
    launch: Launch,
    started: UnboundedSender<Result<()>>,
    told: watch::Receiver<Wanted>,
}

impl Supervision {
    async fn run(mut self) {
        let (mut pause, mut has_listened) = (FIRST_PAUSE, false);
        loop {
            let begun = Instant::now();
            let started = self.started.clone();
            let process = self.launch.start(&self.instance, move || {
                let _ = started.send(Ok(()));
            });
            let ended = match process {
                Ok(process) => self.until_end(process, &mut has_listened).await,
                Err(error) => Some(error.to_string()),
            };
            let Some(ended) = ended else { break };
            if !has_listened {
                let error = format!("{} did not start: {ended}", self.instance);
                let _ = self.started.send(Err(Error::new(error)));
                break;
            }
            if begun.elapsed() > LONGEST_PAUSE {
                pause = FIRST_PAUSE;
            }
            self.log(&format!("ended: {ended}; it is started again in {pause:?}"));
            tokio::select! {
                () = sleep(pause) => {}
                _ = self.told.wait_for(|wanted| *wanted != Wanted::Running) => break,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        let _ = std::fs::remove_file(self.instance.process_file());
    }

    /// Waits for the end of a process. `None` if it was wanted.
    async fn until_end(&mut self, mut process: Process, has_listened: &mut bool) -> Option<String> {
        let ended = tokio::select! {
            ended = process.ended() => Some(ended),
            _ = self.told.wait_for(|wanted| *wanted != Wanted::Running) => None,
        };
        *has_listened |= process.has_listened();
        if ended.is_some() {
            return ended;
        }
        self.log("is told to stop; another Ctrl-C kills it");
        process.stop();
        let ended = tokio::select! {
            ended = process.ended() => Some(ended),
            _ = self.told.wait_for(|wanted| *wanted == Wanted::Killed) => None,
        };
        let ended = match ended {
            Some(ended) => ended,
            None => {
                let _ = process.child.start_kill();
                process.ended().await
            }
        };
        self.log(&format!("stopped: {ended}"));
        None
    }

    fn log(&self, line: &str) {
        self.launch.log.print(&self.instance.to_string(), line);
    }
}
