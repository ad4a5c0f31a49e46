//! The thread that writes.
//!
//! A server runs transactions side by side and groups their commits itself; a file has one writer at a time.

use std::thread;

use tokio::{
    runtime,
    sync::{mpsc, watch},
    task::LocalSet,
};

#[cfg(any(feature = "mysql", feature = "postgres"))]
use crate::side_by_side::side_by_side;
use crate::{
    error::{Error, ErrorKind, closed},
    figures::Figures,
    groups::in_groups,
    job::Job,
    pool::Pool,
};

/// The writes that wait, at most.
const WAITING: usize = 4096;

/// The writes that wait for the thread.
type Jobs = mpsc::Sender<Box<dyn Job>>;

/// The thread that writes. It ends when nobody can write any more.
#[derive(Default)]
pub(crate) enum Writer {
    /// The first write starts it.
    #[default]
    NotStarted,
    Started(Jobs, watch::Receiver<()>),
    Closed(watch::Receiver<()>),
}

impl Writer {
    /// A way to the thread.
    pub(crate) fn jobs(&mut self, pool: &Pool, figures: &Figures) -> Result<Jobs, Error> {
        match self {
            Self::Started(jobs, _) => Ok(jobs.clone()),
            Self::Closed(_) => Err(closed()),
            Self::NotStarted => {
                let (jobs, ended) = start(pool.clone(), figures.clone())?;
                *self = Self::Started(jobs.clone(), ended);
                Ok(jobs)
            }
        }
    }

    /// Lets nobody write any more. Returns what is closed when the writes that wait have ended.
    pub(crate) fn close(&mut self) -> watch::Receiver<()> {
        let ended = match self {
            Self::NotStarted => watch::channel(()).1,
            Self::Started(_, ended) | Self::Closed(ended) => ended.clone(),
        };
        *self = Self::Closed(ended.clone());
        ended
    }
}

fn start(pool: Pool, figures: Figures) -> Result<(Jobs, watch::Receiver<()>), Error> {
    let (jobs, receiver) = mpsc::channel(WAITING);
    let (running, ended) = watch::channel(());
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::new(ErrorKind::Unavailable, error))?;
    let thread = thread::Builder::new().name("database".to_owned());
    let spawned = thread.spawn(move || {
        let local = LocalSet::new();
        match &pool {
            Pool::Sqlite(..) => local.block_on(&runtime, in_groups(&pool, &figures, receiver)),
            #[cfg(any(feature = "mysql", feature = "postgres"))]
            _ => local.block_on(&runtime, side_by_side(&pool, &figures, receiver)),
        }
        drop(running);
    });
    spawned.map_err(|error| Error::new(ErrorKind::Unavailable, error))?;
    Ok((jobs, ended))
}
