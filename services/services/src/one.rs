//! One service as a process of its own.

use std::{
    error::Error as _,
    ffi::OsString,
    future,
    io::{self, ErrorKind, Read},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use tokio::sync::watch;
use wsgiservice::{Application, BoxError, Settings, server::Stopping};
use wsgiservice_client::RestClient;

/// How long a service may take to stop when its standard input has ended.
const LONGEST_STOP: Duration = Duration::from_secs(60);

/// The settings that each service has beside its own.
#[derive(Settings)]
struct Shared {
    /// The file that says where the services are.
    #[setting(default = "topology.toml", value_name = "FILE")]
    topology: PathBuf,
    /// Whether to stop when standard input ends, as `services up` has it: then no service outlives the program that started it.
    #[setting(default = false)]
    until_eof: bool,
}

/// A service that was called by its name, with its arguments.
#[derive(Debug)]
pub struct Invocation {
    name: &'static str,
    arguments: Vec<OsString>,
}

impl Invocation {
    pub(crate) fn new(name: &'static str, arguments: Vec<OsString>) -> Self {
        Self { name, arguments }
    }

    /// Runs the service: reads its settings and the topology, constructs its application with them, and serves.
    ///
    /// A command such as `openapi` needs no topology: the application then gets a client without services.
    ///
    /// # Errors
    /// Those of [`wsgiservice::run`], and mistakes in the topology.
    pub fn run<S: Settings, E: Into<BoxError>>(
        self,
        application: impl AsyncFnOnce(S, RestClient) -> Result<Application, E>,
    ) -> wsgiservice::Result<()> {
        wsgiservice::run_as(self.name, self.arguments, async |(own, shared): (S, Shared)| {
            let (client, topology) = client(&shared.topology)?;
            let built = application(own, client).await.map_err(Into::into)?;
            // The set-up runs only for the server. That of the service must not use the client of a command.
            let built = built.on_start_first(future::ready(topology));
            Ok(if shared.until_eof { until_eof(built) } else { built })
        })
    }
}

/// The client of this topology, or one without services and the mistakes of the topology.
fn client(topology: &Path) -> Result<(RestClient, Result<(), BoxError>), BoxError> {
    match RestClient::from_file(topology) {
        Ok(client) => Ok((client, Ok(()))),
        Err(error) => Ok((RestClient::builder().build()?, Err(with_help(&error)))),
    }
}

/// The message of the error, which has that of its cause, and what to do if the file is missing.
fn with_help(error: &wsgiservice_client::Error) -> BoxError {
    let cause = error.source().and_then(|it| it.downcast_ref::<io::Error>());
    let is_missing = cause.is_some_and(|it| it.kind() == ErrorKind::NotFound);
    let help = "\nhelp: `services up` writes one, `var/topology.toml`; `--topology FILE` names another file";
    format!("{error}{}", if is_missing { help } else { "" }).into()
}

/// Stops the server when standard input ends.
fn until_eof(application: Application) -> Application {
    let (reader, ended) = watch::channel(());
    thread::spawn(move || {
        wait_for_end(io::stdin().lock());
        drop(reader);
        // Something does not end, such as a set-up that waits for a database.
        thread::sleep(LONGEST_STOP);
        std::process::abort();
    });
    application.background("standard input", async move |stopping: Stopping| {
        let mut ended = ended;
        tokio::select! {
            _ = ended.changed() => stopping.request(),
            () = stopping.requested() => {}
        }
    })
}

fn wait_for_end(mut input: impl Read) {
    let mut discarded = [0; 64];
    while !matches!(input.read(&mut discarded), Ok(0) | Err(_)) {}
}
