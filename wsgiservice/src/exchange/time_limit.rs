//! The time that a method may take.

use std::{
    future::Future,
    pin::Pin,
    sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    task::{Context, Poll},
    time::Duration,
};

use http::StatusCode;
use tokio::{
    runtime::Handle,
    time::{Sleep, sleep},
};

use super::{End, deadline};
use crate::{
    http::{incoming::Request, loggable::Loggable},
    problem::Problem,
    site::{SiteOperation, current},
};

/// Whether what the author of a resource wrote runs now, and how long it may: in milliseconds, or 0.
#[derive(Debug, Default)]
pub(super) struct Running {
    millis: AtomicU64,
    /// Whether it took longer.
    is_exceeded: AtomicBool,
}

impl Running {
    /// What the author wrote for this operation begins.
    pub(super) fn begin(&self, operation: &SiteOperation) {
        self.millis.store(operation.time, Relaxed);
    }

    /// It has ended, or waits for the client.
    pub(super) fn pause(&self) {
        self.millis.store(0, Relaxed);
    }

    /// Whether it took longer than it may.
    pub(super) fn is_exceeded(&self) -> bool {
        self.is_exceeded.load(Relaxed)
    }
}

/// The time of an exchange. Most exchanges never wait, and have no timer.
pub(super) struct TimeLimit<'a> {
    request: &'a Request,
    running: &'a Running,
    timer: Option<Pin<Box<Sleep>>>,
}

impl<'a> TimeLimit<'a> {
    pub(super) fn new(request: &'a Request, running: &'a Running) -> Self {
        Self { request, running, timer: None }
    }

    /// Ends an exchange that waits, if its time is over and it retrieves a representation. What may change something is
    /// logged, and goes on.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<End, Problem>> {
        let millis = self.running.millis.load(Relaxed);
        // A host may have another runtime.
        if millis == 0 || self.running.is_exceeded() || Handle::try_current().is_err() {
            self.timer = None;
            return Poll::Pending;
        }
        let limit = Duration::from_millis(millis);
        // What only retrieves ends when nobody waits for it any more.
        let left = self.request.time_left().filter(|_| self.request.retrieves());
        let time = left.map_or(limit, |left| left.min(limit));
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(time)));
        if timer.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        if self.request.retrieves() {
            return Poll::Ready(Err(match self.request.deadline() {
                Some(deadline) if deadline.has_passed() => deadline::passed(),
                _ => {
                    self.running.is_exceeded.store(true, Relaxed);
                    too_slow(time)
                }
            }));
        }
        self.warn(time);
        self.running.is_exceeded.store(true, Relaxed);
        Poll::Pending
    }

    #[cold]
    fn warn(&self, time: Duration) {
        let identity = current::identity();
        tracing::warn!(
            request_id = identity.as_ref().map(|it| display(it.id())),
            trace_id = identity.as_ref().map(|it| display(it.trace_id())),
            method = %Loggable(self.request.method()),
            path = %Loggable(self.request.target().path()),
            ?time,
            "a method takes longer than its limit; it goes on"
        );
    }
}

fn too_slow(time: Duration) -> Problem {
    Problem::caused(StatusCode::GATEWAY_TIMEOUT, format!("the method did not end within {time:?}"))
}
