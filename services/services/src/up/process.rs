//! The process of a service.

use std::{
    env,
    ffi::OsString,
    fs, io,
    path::PathBuf,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    process::{Child, ChildStdin, Command},
    task::JoinSet,
    time::timeout,
};

use super::{instance::Instance, lines::lines, log::Log};

/// How long to wait for what a process has printed, after its end: a process that it has left behind can keep the pipe.
pub(super) const LAST_LINES: Duration = Duration::from_secs(1);

/// What is the same for the processes of all services.
#[derive(Clone, Debug)]
pub(super) struct Launch {
    program: OsString,
    pub(super) topology: PathBuf,
    pub(super) log: Log,
}

/// A process that runs. It is killed when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) child: Child,
    /// It stops when this is closed, also by the end of this program.
    input: Option<ChildStdin>,
    /// Whether it has said that it listens.
    listens: Arc<AtomicBool>,
    readers: JoinSet<()>,
}

impl Launch {
    /// Starts this program again for each service.
    pub(super) fn new(topology: PathBuf, log: Log) -> io::Result<Self> {
        Ok(Self { program: env::current_exe()?.into(), topology, log })
    }

    /// Starts a service, and calls a function when it listens.
    pub(super) fn start(
        &self,
        instance: &Instance,
        on_listening: impl FnOnce() + Send + 'static,
    ) -> io::Result<Process> {
        let mut child = self.command(instance).spawn()?;
        if let Some(number) = child.id() {
            fs::write(instance.process_file(), format!("{number}\n"))?;
        }
        let input = child.stdin.take();
        let (listens, mut readers) = (Arc::new(AtomicBool::new(false)), JoinSet::new());
        let prefix = instance.to_string();
        if let Some(output) = child.stderr.take() {
            let (prefix, log) = (prefix.clone(), self.log.clone());
            readers.spawn(lines(output, move |line| log.print(&prefix, line)));
        }
        if let Some(output) = child.stdout.take() {
            let (announced, mut on_listening) = (Arc::clone(&listens), Some(on_listening));
            let log = self.log.clone();
            readers.spawn(lines(output, move |line| {
                log.print(&prefix, line);
                if line.contains(" listens on http://")
                    && let Some(on_listening) = on_listening.take()
                {
                    announced.store(true, Ordering::Relaxed);
                    on_listening();
                }
            }));
        }
        Ok(Process { child, input, listens, readers })
    }

    fn command(&self, instance: &Instance) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(instance.service.name);
        command.arg("--until-eof").arg("--bind").arg(instance.address());
        command.arg("--topology").arg(&self.topology).args(instance.places());
        command.env("WSGISERVICE_CLUSTER", instance.cluster.as_deref().unwrap_or("c1"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C reaches only the group of `up`, which stops the services in their order.
        #[cfg(unix)]
        command.process_group(0);
        command.kill_on_drop(true);
        command
    }
}

impl Process {
    /// Closes the standard input of the process, which then stops.
    pub(super) fn stop(&mut self) {
        self.input = None;
    }

    /// Waits until the process has ended, and says how.
    pub(super) async fn ended(&mut self) -> String {
        let status = self.child.wait().await;
        let last = async { while self.readers.join_next().await.is_some() {} };
        let _ = timeout(LAST_LINES, last).await;
        status.map_or_else(|error| error.to_string(), |status| status.to_string())
    }

    /// Whether it has begun to listen.
    pub(super) fn has_listened(&self) -> bool {
        self.listens.load(Ordering::Relaxed)
    }
}
