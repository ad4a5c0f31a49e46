//! The life of an application: its set-up, then its server beside its background tasks, then its end.

use std::{
    future::{Future, pending},
    io,
    pin::pin,
    task::Poll,
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use super::stopping::stopped_at_once;
use crate::{
    application::{BackgroundTask, Life, Stopping},
    error::{Error, Result},
    exchange::panic::caught,
    health::TaskHealth,
};

/// The pause before a background task begins again for the first time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause before a background task begins again. One that ran for longer has recovered.
const LONGEST_PAUSE: Duration = TaskHealth::RECOVERY;

/// Serves within the life of the application, until `stop` completes and all has ended. If what `stop` returned completes
/// before that, all ends at once.
///
/// # Errors
/// If the set-up or the server fails, or if something did not end in time.
pub(super) async fn live<S, F>(
    life: Life,
    stop_time: Duration,
    stop: impl Future<Output = F>,
    serve: impl FnOnce(Stopping, CancellationToken) -> S,
) -> Result<()>
where
    S: Future<Output = Result<()>>,
    F: Future<Output = ()>,
{
    let (stopping, at_once) = (Stopping::default(), CancellationToken::new());
    let stop = async {
        let stop_now = stop.await;
        stopping.request();
        stop_now.await;
        at_once.cancel();
        pending().await
    };
    let ended = tokio::select! {
        biased;
        ended = whole(life, stop_time, &stopping, &at_once, serve) => ended,
        ended = stop => ended,
    };
    match at_once.is_cancelled() {
        true => Err(stopped_at_once().into()),
        false => ended,
    }
}

async fn whole<S: Future<Output = Result<()>>>(
    life: Life,
    stop_time: Duration,
    stopping: &Stopping,
    at_once: &CancellationToken,
    serve: impl FnOnce(Stopping, CancellationToken) -> S,
) -> Result<()> {
    let Life { start, background, stop } = life;
    tokio::select! {
        biased;
        ready = Life::set_up(start) => ready?,
        () = stopping.requested() => return Ok(()),
    }
    let tasks = Tasks::spawn(background, stopping);
    let server = async {
        let served = serve(stopping.clone(), at_once.clone()).await;
        // It can also end by itself, with an error.
        stopping.request();
        served
    };
    // The server ends by itself at once: it has requests to cut off.
    let finish = at_once.run_until_cancelled(tasks.finish(stopping, stop_time));
    let (served, finished) = tokio::join!(server, finish);
    let last = async {
        for work in stop.into_iter().rev() {
            work.await;
        }
    };
    let last = at_once.run_until_cancelled(timeout(stop_time, last)).await.transpose();
    let last = last.map_err(|_| late(format!("`on_stop` did not end within {stop_time:?}")));
    served.and(finished.unwrap_or(Ok(()))).and(last.map(drop))
}

fn late(message: String) -> Error {
    io::Error::new(io::ErrorKind::TimedOut, message).into()
}

/// The background tasks that run, which end if this is dropped.
struct Tasks {
    running: JoinSet<String>,
    names: Vec<String>,
}

impl Tasks {
    fn spawn(tasks: Vec<BackgroundTask>, stopping: &Stopping) -> Self {
        let names = tasks.iter().map(|task| task.name.clone()).collect();
        let running = tasks.into_iter().map(|task| keep_running(task, stopping.clone())).collect();
        Self { running, names }
    }

    /// Waits until the tasks have ended, for `stop_time` at most from the moment they are told to stop.
    async fn finish(mut self, stopping: &Stopping, stop_time: Duration) -> Result<()> {
        stopping.requested().await;
        let all = async {
            while let Some(ended) = self.running.join_next().await {
                self.names.retain(|name| ended.as_ref().is_ok_and(|ended| ended != name));
            }
        };
        timeout(stop_time, all).await.map_err(|_| {
            let names = self.names.join("`, `");
            late(format!("background tasks did not end within {stop_time:?}: `{names}`"))
        })
    }
}

/// Runs a task until it ends without an error, or until it ends in any way after the server was told to stop. Returns its
/// name.
async fn keep_running(mut task: BackgroundTask, stopping: Stopping) -> String {
    let mut pause = FIRST_PAUSE;
    loop {
        let begun = Instant::now();
        let work = pin!(task.begin(stopping.clone()));
        let error = match caught(work, |_| Poll::Pending).await {
            Ok(Ok(())) => {
                tracing::debug!(task = task.name, "a background task has ended");
                task.health.ended();
                return task.name;
            }
            Ok(Err(error)) => format!("{:?}", Error::new(error)),
            Err(panic) => panic,
        };
        if stopping.is_requested() {
            tracing::error!(task = task.name, %error, "a background task failed");
            return task.name;
        }
        if begun.elapsed() > LONGEST_PAUSE {
            pause = FIRST_PAUSE;
        }
        tracing::error!(task = task.name, %error, "a background task failed; it begins again in {pause:?}");
        task.health.failed(error, pause);
        tokio::select! {
            () = sleep(pause) => {}
            () = stopping.requested() => return task.name,
        }
        task.health.begins_again();
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
