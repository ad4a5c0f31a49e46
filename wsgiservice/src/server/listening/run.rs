//! Running an application: the command line, the log, the runtime and the signals of its process.

use std::{
    future::{self, Future},
    io::{self, Write},
    net::SocketAddr,
};

use futures_util::FutureExt;
use tokio::{net::TcpListener, runtime};

use super::{embedded, life::live, signals::stop_signal, workers};
use crate::{
    application::{Application, Life, Service, Stopping},
    error::{Error, Result},
    http::body::BoxError,
    program,
    server::{Settings, ganglia, log},
};
#[cfg(feature = "command-line")]
use std::{ffi::OsString, sync::Arc};

#[cfg(feature = "command-line")]
use crate::{
    commands,
    declaration::Package,
    documentation::Documentation,
    settings::{self, Invocation},
};

/// Reads the settings of a service, constructs its application with them, and runs it until the process is told to stop.
///
/// It owns the process: command line, settings, log, runtime, signals. The settings of the service are a struct with
/// [`#[derive(Settings)]`](trait@crate::Settings), or `()`; those of the server are read with them. The
/// application is also constructed for a command such as `openapi`, which therefore needs all required settings. What opens a database belongs into
/// [`Application::on_start`], which runs only for the server. Tasks that the construction spawns go on while the server runs.
///
/// # Errors
/// All mistakes in the settings at once. If the construction, [`Application::build`] or the set-up fails, the server cannot
/// listen, requests or tasks are cut off when it stops, or there is a runtime already.
///
/// ```no_run
/// # use wsgiservice::{mount, resource};
/// # #[mount("/")]
/// # struct Users { mailer: () }
/// # #[resource]
/// # impl Users { fn get(&self) -> u8 { 0 } }
/// # async fn connect(_: &str) -> Result<(), std::io::Error> { Ok(()) }
/// use wsgiservice::{Application, Settings};
///
/// #[derive(Settings)]
/// struct Options {
///     /// The server that sends mails.
///     #[setting(default = "localhost")]
///     mailer: String,
/// }
///
/// fn main() -> wsgiservice::Result<()> {
///     wsgiservice::run(async |options: Options| {
///         let mailer = connect(&options.mailer).await?;
///         Ok(Application::new("users").mount(Users { mailer }))
///     })
/// }
/// ```
#[cfg(feature = "command-line")]
pub fn run<S: settings::Settings>(
    application: impl AsyncFnOnce(S) -> Result<Application, BoxError>,
) -> Result<()> {
    start(&Invocation::of_program(), S::package(), application)
}

/// Runs one service of a program that has several, as [`run`] runs the only one.
///
/// The name of the service takes the place of the program's in the settings: its file is `NAME.toml`, its variables begin with
/// `NAME_`. The arguments are those after it.
///
/// # Errors
/// Those of [`run`].
///
/// ```no_run
/// # use wsgiservice::{mount, resource};
/// # #[mount("/")]
/// # struct Users;
/// # #[resource]
/// # impl Users { fn get(&self) -> u8 { 0 } }
/// # #[mount("/")]
/// # struct Mails;
/// # #[resource]
/// # impl Mails { fn get(&self) -> u8 { 0 } }
/// use wsgiservice::Application;
///
/// fn main() -> wsgiservice::Result<()> {
///     let mut arguments = std::env::args_os().skip(1);
///     let name = arguments.next().unwrap_or_default();
///     match name.to_str() {
///         Some("users") => wsgiservice::run_as("users", arguments, async |(): ()| {
///             Ok(Application::new("users").mount(Users))
///         }),
///         Some("mails") => wsgiservice::run_as("mails", arguments, async |(): ()| {
///             Ok(Application::new("mails").mount(Mails))
///         }),
///         _ => Err(wsgiservice::Error::new("expected `users` or `mails`")),
///     }
/// }
/// ```
#[cfg(feature = "command-line")]
pub fn run_as<S: settings::Settings>(
    name: &str,
    arguments: impl IntoIterator<Item = OsString>,
    application: impl AsyncFnOnce(S) -> Result<Application, BoxError>,
) -> Result<()> {
    start(&Invocation::of_service(name, arguments), S::package(), application)
}

/// Runs an application whose construction is asynchronous, with these settings; neither a file, nor the environment, nor the
/// command line is read.
///
/// It owns the rest of the process: log, runtime, signals.
///
/// # Errors
/// If the set-up or [`Application::build`] fails, the server cannot listen, requests are cut off when it stops, or there is a
/// runtime already.
///
/// ```no_run
/// # use wsgiservice::{mount, resource};
/// # #[mount("/")]
/// # struct Users { pool: () }
/// # #[resource]
/// # impl Users { fn get(&self) -> u8 { 0 } }
/// # async fn connect() -> Result<(), std::io::Error> { Ok(()) }
/// use wsgiservice::{Application, server::Settings};
///
/// fn main() -> wsgiservice::Result<()> {
///     wsgiservice::run_with(Settings::new(([0, 0, 0, 0], 80)), async {
///         let pool = connect().await?;
///         Ok(Application::new("users").mount(Users { pool }))
///     })
/// }
/// ```
pub fn run_with(
    settings: Settings,
    application: impl Future<Output = Result<Application, BoxError>>,
) -> Result<()> {
    block_on(async {
        let _spans = log::init(&settings, &program::name())?;
        Prepared::new(application.await.map_err(Error::new)?, settings)?.serve().await
    })
}

impl Application {
    /// Runs the application until the process is told to stop, with the settings of the server from a file, the environment
    /// and the command line.
    ///
    /// It owns the process: command line, settings, log, runtime, signals. A service with settings of its own uses
    /// [`run`](fn@crate::run), and [`Settings`](trait@crate::Settings) says where they come from.
    ///
    /// # Errors
    /// All mistakes in the settings at once. If [`build`](Self::build) or the set-up fails, the server cannot listen, requests or tasks are cut off when it stops, or there is a runtime
    /// already.
    #[cfg(feature = "command-line")]
    pub fn run(self) -> Result<()> {
        let package = self.resources.first().map(|mounting| mounting.mount.package);
        start(&Invocation::of_program(), package, async |(): ()| Ok(self))
    }

    /// Runs the application with these settings, until the process is told to stop; neither a file, nor
    /// the environment, nor the command line is read.
    ///
    /// It owns the rest of the process: log, runtime, signals.
    ///
    /// # Errors
    /// If [`build`](Self::build) or the set-up fails, the server cannot listen, requests or tasks are cut off when it stops, or there is a runtime
    /// already.
    ///
    /// ```no_run
    /// # use wsgiservice::{mount, resource};
    /// # #[mount("/ping")]
    /// # struct Ping;
    /// # #[resource]
    /// # impl Ping { fn get(&self) -> u8 { 0 } }
    /// use wsgiservice::{Application, server::Settings};
    ///
    /// fn main() -> wsgiservice::Result<()> {
    ///     Application::new("ping").mount(Ping).run_with(Settings::new(([0, 0, 0, 0], 80)))
    /// }
    /// ```
    pub fn run_with(self, settings: Settings) -> Result<()> {
        run_with(settings, async { Ok(self) })
    }

    /// Serves a listener until the process gets SIGTERM or SIGINT, then ends like [`serve_until`](Self::serve_until), or at
    /// once when it gets another one.
    ///
    /// # Errors
    /// If [`build`](Self::build) or the set-up fails, the signal handlers cannot be installed, or requests or tasks were cut off.
    pub async fn serve(self, listener: TcpListener) -> Result<()> {
        self.serve_on(listener, stop_signal()?).await
    }

    /// Serves a listener until `stop` completes, then waits until the requests in progress have ended, for
    /// [`Limits::stop_time`](crate::server::Limits::stop_time) at most. If the future is dropped, connections are closed in the same way. The runtime needs its
    /// timer.
    ///
    /// # Errors
    /// If [`build`](Self::build) or the set-up fails, or requests or tasks were cut off.
    ///
    /// ```
    /// # use wsgiservice::{Application, mount, resource};
    /// # #[mount("/ping")]
    /// # struct Ping;
    /// # #[resource]
    /// # impl Ping { fn get(&self) -> &'static str { "pong" } }
    /// # #[tokio::main]
    /// # async fn main() -> wsgiservice::Result<()> {
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    /// let server = tokio::spawn(Application::new("ping").mount(Ping).serve_until(listener, async {
    ///     let _ = stopped.await;
    /// }));
    /// drop(stop);
    /// server.await.unwrap()
    /// # }
    /// ```
    pub async fn serve_until(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()>,
    ) -> Result<()> {
        self.serve_on(listener, stop.map(|()| future::pending())).await
    }

    async fn serve_on<F: Future<Output = ()>>(
        mut self,
        listener: TcpListener,
        stop: impl Future<Output = F>,
    ) -> Result<()> {
        let life = self.take_life();
        let service = self.build()?.on(listener.local_addr()?);
        let stop_time = service.limits().stop_time;
        let serve = |stopping: Stopping, at_once| async move {
            Ok(embedded::serve(listener, service, stopping.requested(), at_once).await?)
        };
        live(life, stop_time, stop, serve).await
    }
}

/// Runs a future on this thread.
fn block_on(future: impl Future<Output = Result<()>>) -> Result<()> {
    if runtime::Handle::try_current().is_ok() {
        return Err(Error::new(
            "`run` and `run_with` start a runtime of their own; within a runtime, await `application.serve(listener)`",
        ));
    }
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(future);
    // Work that blocks must not keep the process.
    runtime.shutdown_background();
    ended
}

/// Reads the settings, and runs a command or the server.
#[cfg(feature = "command-line")]
fn start<S: settings::Settings>(
    invocation: &Invocation,
    package: Option<Package>,
    application: impl AsyncFnOnce(S) -> Result<Application, BoxError>,
) -> Result<()> {
    block_on(async {
        let read = match settings::read::<S, Settings>(invocation, package)? {
            settings::Purpose::Printed => return Ok(()),
            settings::Purpose::Stats(server) => return commands::stats(server.bind).await,
            settings::Purpose::Application(read) => read,
        };
        let settings::Read { own, mut server, mut values, command } = read;
        let _spans = log::init(&server, &invocation.name)?;
        values.warn_of_ignored();
        let mut application = application(own).await.map_err(Error::new)?;
        // Each limit on its own: the application has others.
        server.limits = None;
        values.update_table("limits", &mut application.limits);
        let prepared = Prepared::new(application, server)?;
        match command {
            Some(command) => Ok(command.run(&prepared.documentation)?),
            None => prepared.serve().await,
        }
    })
}

/// A built application with its settings, which does not yet run.
struct Prepared {
    name: String,
    life: Life,
    service: Service,
    #[cfg(feature = "command-line")]
    documentation: Arc<Documentation>,
    settings: Settings,
}

impl Prepared {
    fn new(application: Application, mut settings: Settings) -> Result<Self> {
        let mut application = with_settings(application, &mut settings);
        let (name, life) = (application.name.clone(), application.take_life());
        let (service, documentation) = application.compile()?;
        #[cfg(not(feature = "command-line"))]
        drop(documentation);
        Ok(Self {
            name,
            life,
            service,
            #[cfg(feature = "command-line")]
            documentation,
            settings,
        })
    }

    /// Serves until the process is told to stop.
    async fn serve(self) -> Result<()> {
        let Self { name, life, service, settings, .. } = self;
        let stop_time = service.limits().stop_time;
        let serve = |stopping: Stopping, at_once| async move {
            let listener = bind(settings.bind).await?;
            let address = listener.local_addr()?;
            announce(io::stdout(), &name, address);
            let channels = ganglia::channels(settings.ganglia, settings.bind);
            // They end with the server.
            let _telling = ganglia::start(channels, &name, address.port(), service.statistics());
            let service = service.on(address);
            let stop = stopping.requested();
            Ok(workers::serve(listener, service, settings.runtime, stop, at_once).await?)
        };
        live(life, stop_time, stop_signal()?, serve).await
    }
}

/// The application with what the settings say about its surroundings, if they do.
fn with_settings(mut application: Application, settings: &mut Settings) -> Application {
    if let Some(limits) = settings.limits.take() {
        application = application.limits(limits);
    }
    if let Some(networks) = settings.trusted.take() {
        application = application.trusted(networks);
    }
    if let Some(hosts) = settings.hosts.take() {
        application = application.hosts(hosts);
    }
    if let Some(base) = settings.base.take() {
        application = application.base(base);
    }
    application
}

/// Prints where a service listens, in one write: a reader may close the pipe after the first line, and that does not
/// end the service.
fn announce(mut output: impl Write, name: &str, address: SocketAddr) {
    let text = format!(
        "{name} listens on http://{address}/\n{name} documentation: http://{address}/_internal/help\n"
    );
    if let Err(error) = output.write_all(text.as_bytes()) {
        tracing::debug!(%error, "cannot print where the service listens");
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener> {
    let listener = TcpListener::bind(address).await;
    Ok(listener.map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe whose reader is gone.
    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_closed_standard_output_does_not_end_the_service() {
        announce(Closed, "users", SocketAddr::from(([127, 0, 0, 1], 8001)));
    }
}
