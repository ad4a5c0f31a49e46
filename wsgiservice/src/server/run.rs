//! Running an application: the command line, the log, the runtime and the signals of its process.

use std::{future::Future, io::Write, net::SocketAddr};

use tokio::net::TcpListener;

use super::{log_setup, per_core, shared, signals::stop_signal};
use crate::{
    application::Application,
    error::Result,
    settings::{Runtime, Settings},
};

/// Runs an application whose set-up is asynchronous, and owns the process: command line, log, runtime, signals.
///
/// # Errors
/// If the set-up or [`Application::build`] fails, or the server cannot listen.
///
/// ```no_run
/// # use wsgiservice::{mount, resource};
/// # #[mount("/")]
/// # struct Users { pool: () }
/// # #[resource]
/// # impl Users { fn get(&self) -> u8 { 0 } }
/// # async fn connect() -> Result<(), std::io::Error> { Ok(()) }
/// use wsgiservice::Application;
///
/// fn main() -> wsgiservice::Result<()> {
///     wsgiservice::run(async {
///         let pool = connect().await?;
///         Ok(Application::new("users").mount(Users { pool }))
///     })
/// }
/// ```
pub fn run(application: impl Future<Output = Result<Application>>) -> Result<()> {
    log_setup::init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut application = application.await?;
        let settings = application.resolve_settings();
        let (address, runtime) = (settings.bind, settings.runtime);
        #[cfg(feature = "command-line")]
        if let Some(command) = settings.command.clone() {
            // An application that cannot be built prints its error, and no documentation.
            let (_, documentation) = application.compile()?;
            return Ok(command.run(&documentation)?);
        }
        let name = application.name.clone();
        let service = application.build()?;
        let listener = bind(address).await?;
        let stop = stop_signal()?;
        let address = listener.local_addr()?;
        announce(std::io::stdout(), &name, address);
        match runtime {
            Runtime::Shared => shared::serve(listener, service, stop).await,
            Runtime::PerCore => per_core::serve(listener, service, stop).await?,
        }
        Ok(())
    })
}

impl Application {
    /// Runs the application until the process is told to stop. It owns the process: command line, log, runtime,
    /// signals.
    ///
    /// # Errors
    /// If [`build`](Self::build) fails, or the server cannot listen.
    pub fn run(self) -> Result<()> {
        run(async { Ok(self) })
    }

    /// Serves a listener until the process gets SIGTERM or SIGINT, then waits until the requests in progress have
    /// ended.
    ///
    /// # Errors
    /// If [`build`](Self::build) fails, or the signal handlers cannot be installed.
    pub async fn serve(self, listener: TcpListener) -> Result<()> {
        let service = self.build()?;
        shared::serve(listener, service, stop_signal()?).await;
        Ok(())
    }

    /// Returns the settings that the application was given, or else those of the command line.
    fn resolve_settings(&mut self) -> &Settings {
        #[cfg(feature = "command-line")]
        let default = || {
            let package = self.resources.first().map(|mounting| mounting.mount.package);
            Settings::of_command_line(&self.name, package)
        };
        #[cfg(not(feature = "command-line"))]
        let default = Settings::default;
        self.settings.get_or_insert_with(default)
    }
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
        std::io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
    })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pipe whose reader is gone.
    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[cfg(not(feature = "command-line"))]
    #[test]
    fn without_a_command_line_the_settings_are_the_defaults() {
        let mut application = Application::new("a");
        assert_eq!(application.resolve_settings().bind, Settings::default().bind);
    }

    #[test]
    fn a_closed_standard_output_does_not_end_the_service() {
        announce(Closed, "users", SocketAddr::from(([127, 0, 0, 1], 8001)));
    }
}
