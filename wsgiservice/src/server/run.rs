//! Running an application: the command line, the log, the runtime and the signals of its process.

use std::{future::Future, io::Write, net::SocketAddr};

use tokio::net::TcpListener;

use super::{log, per_core, serve, signals::stop_signal};
use crate::{
    application::Application,
    error::Result,
    settings::{Runtime, Settings},
};

/// Runs an application whose set-up is asynchronous, and owns the process: command line, log, runtime, signals.
///
/// # Errors
/// What the set-up or [`Application::build`] finds wrong, or why it cannot listen.
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
    log::init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut application = application.await?;
        let settings = application.resolve_settings();
        let (address, runtime) = (settings.bind, settings.runtime);
        #[cfg(feature = "command-line")]
        if let Some(command) = settings.command.clone() {
            // What cannot be built has nothing to tell, either.
            let documentation = application.documentation();
            application.build()?;
            return Ok(command.run(&documentation)?);
        }
        let name = application.name.clone();
        let service = application.build()?;
        let listener = bind(address).await?;
        let stop = stop_signal()?;
        let address = listener.local_addr()?;
        announce(std::io::stdout(), &name, address);
        match runtime {
            Runtime::Shared => serve(listener, service, stop).await,
            Runtime::PerCore => per_core::serve(listener, service, stop).await?,
        }
        Ok(())
    })
}

impl Application {
    /// Answers on a socket until the process is told to stop, and owns it: command line, log, runtime, signals.
    ///
    /// # Errors
    /// What [`build`](Self::build) finds wrong, or why it cannot listen.
    pub fn run(self) -> Result<()> {
        run(async { Ok(self) })
    }

    /// Answers on a listener until the process gets SIGTERM or SIGINT, and what was begun has ended.
    ///
    /// # Errors
    /// What [`build`](Self::build) finds wrong, or that the process can get no signals.
    pub async fn serve(self, listener: TcpListener) -> Result<()> {
        let service = self.build()?;
        serve(listener, service, stop_signal()?).await;
        Ok(())
    }

    /// The settings that were given, or those of the command line, where there is one.
    fn resolve_settings(&mut self) -> &Settings {
        #[cfg(feature = "command-line")]
        let otherwise = || {
            let package = self.resources.first().map(|mounting| mounting.mount.package);
            Settings::of_command_line(&self.name, package)
        };
        #[cfg(not(feature = "command-line"))]
        let otherwise = Settings::default;
        self.settings.get_or_insert_with(otherwise)
    }
}

/// Says where a service is, at once: whoever reads the first line may go away, and a service outlives its readers.
fn announce(mut output: impl Write, name: &str, address: SocketAddr) {
    let text = format!(
        "{name} listens on http://{address}/\n{name} tells what it is on http://{address}/_internal/help\n"
    );
    if let Err(error) = output.write_all(text.as_bytes()) {
        tracing::debug!(%error, "nobody reads where the service is");
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

    /// An output that nobody reads.
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
    fn without_a_command_line_settings_are_as_usual() {
        let mut application = Application::new("a");
        assert_eq!(application.resolve_settings().bind, Settings::default().bind);
    }

    #[test]
    fn a_service_outlives_whoever_reads_its_output() {
        announce(Closed, "users", SocketAddr::from(([127, 0, 0, 1], 8001)));
    }
}
