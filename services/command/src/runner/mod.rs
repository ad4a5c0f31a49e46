//! What executes the commands.
//!
//! A command is executed by a task of its own, which goes on although its client has gone. Each of its commits is made only if
//! this worker still owns the row and its user is still here: so a worker that was overtaken, by a recovery or by the move of
//! the user, stops without a trace.

mod call;
mod commit;
mod compensate;
mod conditions;
mod finish;
mod image;
mod inverse;
mod prepare;
mod recovery;
mod step;
mod sweeper;
mod undo;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use database::{Error, data::Data};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wsgiservice_client::RestClient;

pub(crate) use self::{prepare::NewCommand, undo::NewUndo};
use crate::{
    answer::Answer,
    database::{State, Ticket, Worker},
    figures::Figures,
    refusal::Refusal,
    routes::Routes,
};

/// How many commands are executed at the same time.
const AT_A_TIME: usize = 1_000;

/// How many commands of one user are executed at the same time: one who waits for a service that does not respond takes not
/// all places.
const AT_A_TIME_OF_USER: usize = 100;

/// For how many bytes of content a command takes one more place.
const PLACE: usize = 256 << 10;

/// How long a request without a deadline waits.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How long commands may go on when the server stops.
const STOP_TIME: Duration = Duration::from_secs(10);

/// How long a step is tried, and how long a change can be undone, in milliseconds.
pub(crate) const DAY: i64 = 24 * 60 * 60 * 1_000;

/// Executes commands. It is cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Runner(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    data: Data,
    client: RestClient,
    routes: Routes,
    worker: Worker,
    places: Arc<Semaphore>,
    tasks: TaskTracker,
    stop: CancellationToken,
    /// The commands that this process executes: their users and tickets.
    running: Mutex<BTreeSet<(String, String)>>,
    figures: Figures,
    #[cfg(test)]
    hold: test_hooks::Hold,
}

/// Why a command has no answer that is kept.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// Nothing was executed.
    Refused(Refusal),
    /// Nothing was executed, and this is what the service has said.
    Answered(Answer),
    /// The row is no longer that of this worker.
    Lost,
}

/// How a command has ended.
pub(crate) type Outcome = Result<Answer, Stopped>;

/// A command that this process executes.
pub(crate) struct Running {
    runner: Runner,
    key: (String, String),
    _place: OwnedSemaphorePermit,
}

impl Runner {
    pub(crate) fn new(data: Data, client: RestClient, routes: Routes) -> Self {
        let worker = Worker::new(data.database().clone());
        Self(Arc::new(Inner {
            data,
            client,
            routes,
            worker,
            places: Arc::new(Semaphore::new(AT_A_TIME)),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            running: Mutex::default(),
            figures: Figures::default(),
            #[cfg(test)]
            hold: test_hooks::Hold::default(),
        }))
    }

    pub(crate) fn data(&self) -> &Data {
        &self.0.data
    }

    pub(crate) fn client(&self) -> &RestClient {
        &self.0.client
    }

    pub(crate) fn routes(&self) -> &Routes {
        &self.0.routes
    }

    pub(crate) fn figures(&self) -> &Figures {
        &self.0.figures
    }

    pub(crate) fn worker(&self) -> &Worker {
        &self.0.worker
    }

    #[cfg(test)]
    pub(crate) fn hold(&self) -> &test_hooks::Hold {
        &self.0.hold
    }

    /// Executes a command in a task of its own.
    fn spawn<F>(&self, running: Running, work: F) -> oneshot::Receiver<Outcome>
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let stop = self.0.stop.clone();
        self.0.tasks.spawn(async move {
            let outcome = tokio::select! {
                outcome = work => outcome,
                () = stop.cancelled() => return,
            };
            // Before the client is told: it may send the next request at once.
            drop(running);
            // It may have gone.
            let _ = sender.send(outcome);
        });
        receiver
    }

    /// Takes places for a command, if there are enough and this process does not execute it already.
    fn running(&self, user: &str, id: &str, size: usize) -> Result<Running, Refusal> {
        let place = self.places(1 + size / PLACE)?;
        let key = (user.to_owned(), id.to_owned());
        match self.rows().insert(key.clone()) {
            true => Ok(Running { runner: self.clone(), key, _place: place }),
            false => Err(Refusal::busy()),
        }
    }

    /// Refuses a command of a user of whom enough are executed.
    fn check_user(&self, user: &str) -> Result<(), Refusal> {
        let rows = self.rows();
        let of_user =
            rows.range((user.to_owned(), String::new())..).take_while(|(it, _)| it == user);
        if of_user.count() < AT_A_TIME_OF_USER { Ok(()) } else { Err(Refusal::busy()) }
    }

    /// Takes the places that images of this size need beside those that a command has for them.
    fn take_more(&self, places: &mut OwnedSemaphorePermit, size: usize) -> Result<(), Refusal> {
        let missing = (size / PLACE).saturating_sub(places.num_permits());
        places.merge(self.places(missing)?);
        Ok(())
    }

    fn places(&self, count: usize) -> Result<OwnedSemaphorePermit, Refusal> {
        let count = u32::try_from(count).map_err(|_| Refusal::busy())?;
        let places = Arc::clone(&self.0.places).try_acquire_many_owned(count);
        places.map_err(|_| Refusal::busy())
    }

    fn rows(&self) -> MutexGuard<'_, BTreeSet<(String, String)>> {
        self.0.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Goes on with a command from where it is.
    async fn drive(&self, mut ticket: Ticket) -> Outcome {
        let _places = match ticket.state {
            State::Checking => Some(self.check(&mut ticket).await?),
            _ => None,
        };
        match ticket.state {
            State::Compensating => self.compensate(&ticket).await,
            _ => self.apply(ticket).await,
        }
    }

    /// Lets what is being executed end, or stops it: another worker goes on with it.
    pub(crate) async fn end(&self) {
        self.0.tasks.close();
        if tokio::time::timeout(STOP_TIME, self.0.tasks.wait()).await.is_err() {
            self.0.stop.cancel();
            self.0.tasks.wait().await;
        }
        if let Err(error) = self.worker().end().await {
            tracing::warn!(%error, "the worker could not be signed off; it counts as alive for a minute");
        }
    }

    /// All places but some are taken, until this is dropped.
    #[cfg(test)]
    pub(crate) fn take_places_but(&self, left: usize) -> OwnedSemaphorePermit {
        self.places(AT_A_TIME - left).expect("all places")
    }

    /// All places of a user are taken, until this is dropped.
    #[cfg(test)]
    pub(crate) fn take_places_of(&self, user: &str) -> Vec<Running> {
        (0..AT_A_TIME_OF_USER)
            .map(|number| self.running(user, &number.to_string(), 0).expect("a place"))
            .collect()
    }

    /// The process dies, as far as others see.
    #[cfg(test)]
    pub(crate) async fn die(&self) {
        self.0.tasks.close();
        self.0.stop.cancel();
        self.0.tasks.wait().await;
        self.worker().end().await.expect("a database");
    }

    /// A point at which a test kills or holds the process.
    async fn reached(&self, name: &str) {
        test_hooks::reached(name).await;
        #[cfg(test)]
        self.0.hold.reached(name).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.runner.rows().remove(&self.key);
    }
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<database::data::Failure> for Stopped {
    fn from(failure: database::data::Failure) -> Self {
        Self::Refused(failure.into())
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        database::data::Failure::from(error).into()
    }
}
