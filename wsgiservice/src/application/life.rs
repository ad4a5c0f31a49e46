//! What an application does before, beside and after the server: its set-up, its background tasks, its end.

use std::{fmt, future::Future, pin::Pin, time::Duration};

use tokio_util::sync::CancellationToken;

use super::Application;
use crate::{error::Error, health::TaskHealth, http::body::BoxError};

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// What runs around the server, in the order in which it was added.
#[derive(Default)]
pub(crate) struct Life {
    pub(crate) start: Vec<BoxFuture<Result<(), BoxError>>>,
    pub(crate) background: Vec<BackgroundTask>,
    pub(crate) stop: Vec<BoxFuture<()>>,
}

/// A task that runs beside the server.
pub(crate) struct BackgroundTask {
    pub(crate) name: String,
    pub(crate) health: TaskHealth,
    begin: Box<dyn FnMut(Stopping) -> BoxFuture<Result<(), BoxError>> + Send>,
}

/// Tells a background task of [`Application::background`] that the server stops; clones are cheap.
///
/// ```
/// use std::time::Duration;
/// use wsgiservice::server::Stopping;
///
/// async fn sweep(stopping: Stopping) {
///     while stopping.pause(Duration::from_secs(60)).await {
///         // sweep
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let stopping = Stopping::default(); // in a test of the task
/// stopping.request();
/// sweep(stopping).await;
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Stopping(CancellationToken);

/// What a [background task](Application::background) may return: nothing, or a `Result` whose error restarts it.
#[diagnostic::on_unimplemented(
    message = "a background task cannot return `{Self}`",
    note = "return nothing, or `Result<(), E>` with an error that can be a `Box<dyn Error>`",
    note = "await a future: `async move |stopping| task(stopping).await`"
)]
pub trait BackgroundReturn {
    #[doc(hidden)]
    fn into_result(self) -> Result<(), BoxError>;
}

impl Life {
    /// Runs the set-up, in the order in which it was added, until one fails.
    pub(crate) async fn set_up(work: Vec<BoxFuture<Result<(), BoxError>>>) -> Result<(), Error> {
        for work in work {
            work.await.map_err(Error::new)?;
        }
        Ok(())
    }

    /// Adds what another application does, after what is there.
    pub(super) fn extend(&mut self, other: Self) {
        self.start.extend(other.start);
        self.background.extend(other.background);
        self.stop.extend(other.stop);
    }
}

impl BackgroundTask {
    /// Begins the task, or begins it again.
    pub(crate) fn begin(&mut self, stopping: Stopping) -> BoxFuture<Result<(), BoxError>> {
        (self.begin)(stopping)
    }
}

impl Stopping {
    /// Waits until the server is told to stop; at once if it was.
    pub async fn requested(&self) {
        self.0.cancelled().await;
    }

    /// Waits this long, and returns `true`; as soon as the server is told to stop, returns `false`.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use wsgiservice::server::Stopping;
    /// # #[tokio::main]
    /// # async fn main() {
    /// let stopping = Stopping::default();
    /// assert!(stopping.pause(Duration::from_millis(1)).await);
    /// stopping.request();
    /// assert!(!stopping.pause(Duration::from_secs(3600)).await);
    /// # }
    /// ```
    pub async fn pause(&self, duration: Duration) -> bool {
        tokio::time::timeout(duration, self.requested()).await.is_err()
    }

    /// Returns whether the server was told to stop.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.is_cancelled()
    }

    /// Tells all clones to stop: in a background task, it stops the server; in a test, the task.
    pub fn request(&self) {
        self.0.cancel();
    }
}

impl BackgroundReturn for () {
    fn into_result(self) -> Result<(), BoxError> {
        Ok(())
    }
}

impl<E: Into<BoxError>> BackgroundReturn for Result<(), E> {
    fn into_result(self) -> Result<(), BoxError> {
        self.map_err(Into::into)
    }
}

/// What runs around the server: in [`run`](Application::run), [`run_with`](Application::run_with),
/// [`serve`](Application::serve) and [`serve_until`](Application::serve_until), on the runtime that awaits the server. If
/// the server has a runtime for each core, that is the one of the first thread, which also accepts connections: what blocks
/// belongs into `tokio::task::spawn_blocking`. Nothing of it runs for a command such as `openapi`, nor in the service of
/// [`build`](Application::build). A [nested](Application::nest) application adds its own to those of the outer one.
impl Application {
    /// Takes out what runs around the server, which is about to run: its tasks get their checks.
    pub(crate) fn take_life(&mut self) -> Life {
        let life = std::mem::take(&mut self.life);
        self.checks.extend(life.background.iter().map(|task| task.health.check(&task.name)));
        life
    }

    /// Adds set-up work, which is awaited before the server listens, such as a migration of a database.
    ///
    /// The set-up runs in the order in which it was added. A command that prints something does not run it, so the
    /// application is best constructed with a pool that connects later, such as that of sqlx's `connect_lazy_with`.
    ///
    /// # Errors
    /// An error of the set-up ends the start: `run` and `serve` return it.
    ///
    /// ```
    /// # use wsgiservice::{Application, mount, resource};
    /// # #[mount("/ping")]
    /// # struct Ping;
    /// # #[resource]
    /// # impl Ping { fn get(&self) -> u8 { 0 } }
    /// async fn migrate() -> Result<(), std::io::Error> {
    ///     Err(std::io::Error::other("the database is newer than this program"))
    /// }
    ///
    /// # #[tokio::main]
    /// # async fn main() -> wsgiservice::Result<()> {
    /// let application = Application::new("ping").mount(Ping).on_start(migrate());
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let error = application.serve(listener).await.unwrap_err();
    /// assert_eq!(error.to_string(), "the database is newer than this program");
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_start<E: Into<BoxError>>(
        mut self,
        work: impl Future<Output = Result<(), E>> + Send + 'static,
    ) -> Self {
        self.life.start.push(Box::pin(async { work.await.map_err(Into::into) }));
        self
    }

    /// Adds set-up work that comes before all that was added so far: what must be true before an application that somebody else
    /// has constructed may begin.
    ///
    /// # Errors
    /// As for [`on_start`](Self::on_start).
    ///
    /// ```
    /// # use wsgiservice::{Application, mount, resource};
    /// # #[mount("/ping")]
    /// # struct Ping;
    /// # #[resource]
    /// # impl Ping { fn get(&self) -> u8 { 0 } }
    /// async fn migrate() -> Result<(), std::io::Error> {
    ///     unreachable!("the work before it fails")
    /// }
    ///
    /// # #[tokio::main]
    /// # async fn main() -> wsgiservice::Result<()> {
    /// let application = Application::new("ping").mount(Ping).on_start(migrate());
    /// let application = application.on_start_first(async { Err("the network is not there") });
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// let error = application.serve(listener).await.unwrap_err();
    /// assert_eq!(error.to_string(), "the network is not there");
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_start_first<E: Into<BoxError>>(
        mut self,
        work: impl Future<Output = Result<(), E>> + Send + 'static,
    ) -> Self {
        self.life.start.insert(0, Box::pin(async { work.await.map_err(Into::into) }));
        self
    }

    /// Adds a task that runs beside the server, from the end of the set-up on.
    ///
    /// It is told when the server stops, and awaited then for [`Limits::stop_time`](crate::server::Limits::stop_time) at
    /// most. If it panics or returns an error, that is logged, and the task begins again with a clone of what it captured:
    /// after a second, and after twice as long each time, up to a minute. A task that returns without an error has ended.
    ///
    /// `/_internal/health` has a check for each task, such as `background:sweeper`. It warns with the error while the task waits
    /// to begin again, and until it has run for a minute since: so a task that fails again and again always warns. It never
    /// fails, since the service still responds to requests; a service that cannot do without the task has a
    /// [check](Self::check) of its own.
    ///
    /// ```
    /// # use wsgiservice::{Application, mount, resource};
    /// # #[mount("/ping")]
    /// # struct Ping;
    /// # #[resource]
    /// # impl Ping { fn get(&self) -> u8 { 0 } }
    /// # #[tokio::main]
    /// # async fn main() -> wsgiservice::Result<()> {
    /// let (sender, mut ended) = tokio::sync::mpsc::unbounded_channel();
    /// let application = Application::new("ping").mount(Ping);
    /// let application = application.background("sweeper", async move |stopping| {
    ///     stopping.requested().await;
    ///     let _ = sender.send("the sweeper has ended");
    /// });
    ///
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// application.serve_until(listener, async {}).await?;
    /// assert_eq!(ended.recv().await, Some("the sweeper has ended"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn background<F, R>(mut self, name: impl Into<String>, task: F) -> Self
    where
        F: FnOnce(Stopping) -> R + Clone + Send + 'static,
        R: Future<Output: BackgroundReturn> + Send + 'static,
    {
        let begin = move |stopping| -> BoxFuture<Result<(), BoxError>> {
            let task = task.clone();
            // The function itself may panic, too.
            Box::pin(async move { task(stopping).await.into_result() })
        };
        let (name, health) = (name.into(), TaskHealth::default());
        self.life.background.push(BackgroundTask { name, health, begin: Box::new(begin) });
        self
    }

    /// Adds work that is done after the last request and after the background tasks, such as closing a pool.
    ///
    /// What was added last is done first. It may take [`Limits::stop_time`](crate::server::Limits::stop_time) in all. It is
    /// done if the set-up has succeeded, unless a second signal stops the server at once.
    ///
    /// ```
    /// # use wsgiservice::{Application, mount, resource};
    /// # #[mount("/ping")]
    /// # struct Ping;
    /// # #[resource]
    /// # impl Ping { fn get(&self) -> u8 { 0 } }
    /// # #[tokio::main]
    /// # async fn main() -> wsgiservice::Result<()> {
    /// let (sender, mut closed) = tokio::sync::oneshot::channel();
    /// let application = Application::new("ping").mount(Ping).on_stop(async {
    ///     let _ = sender.send(());
    /// });
    ///
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    /// application.serve_until(listener, async {}).await?;
    /// assert_eq!(closed.try_recv(), Ok(()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_stop(mut self, work: impl Future<Output = ()> + Send + 'static) -> Self {
        self.life.stop.push(Box::pin(work));
        self
    }
}

impl fmt::Debug for Life {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let background: Vec<_> = self.background.iter().map(|task| &task.name).collect();
        let Self { start, stop, .. } = self;
        formatter
            .debug_struct("Life")
            .field("start", &start.len())
            .field("background", &background)
            .field("stop", &stop.len())
            .finish()
    }
}
