//! A request that is measured, until it ends: with its response, with the last piece of it, or without one.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use http_body::{Frame, SizeHint};

use super::{Ended, Event, MethodLabel, Route, Series, Statistics, problems::RecentProblem};
use crate::{
    clock::Moment,
    http::{
        body::{Body, BoxError},
        identity::RequestId,
    },
};

/// The status of a request whose client went away before there was a response; no client sees it. nginx has the same one.
const CLIENT_GONE: u16 = 499;

/// The status of a request that a server cuts off when it stops. No client sees it, either, but to each it is as if the server
/// were unavailable.
const CUT_OFF: u16 = StatusCode::SERVICE_UNAVAILABLE.as_u16();

/// A request that is measured. One that is dropped before it [ends](Self::end) lost its client, or was cut off.
pub(crate) struct Measurement<'a> {
    statistics: &'a Arc<Statistics>,
    began: Moment,
    route: Route,
    method: MethodLabel,
    /// The counters, once the resource is known.
    series: Option<&'a Series>,
    /// Whether the request is still to be counted.
    counts: bool,
    /// The last event.
    event: Option<Event>,
}

/// What is done when a request has ended.
pub(crate) type AtEnd = Box<dyn FnOnce(Ended) + Send + Sync>;

impl<'a> Measurement<'a> {
    /// A request with this method begins. It does not count if something around it, such as a layer, counts it.
    #[inline]
    pub(crate) fn begin(statistics: &'a Arc<Statistics>, method: &Method, counts: bool) -> Self {
        let method = MethodLabel::of(method);
        Self {
            statistics,
            began: Moment::now(),
            route: Route::UNMATCHED,
            method,
            series: None,
            counts,
            event: None,
        }
    }

    /// The same request, which does not count again.
    pub(crate) fn uncounted(&self) -> Self {
        Self { counts: false, ..*self }
    }

    /// When the request began.
    pub(crate) fn began(&self) -> Moment {
        self.began
    }

    /// Whether the request is still to be counted.
    #[inline]
    pub(crate) fn counts(&self) -> bool {
        self.counts
    }

    /// The resource at this position responds to the request.
    #[inline(always)]
    pub(crate) fn set_route(&mut self, route: usize) {
        self.route = Route::at(route);
        if !self.method.is_get() {
            self.method = self.statistics.label_at(self.route, self.method);
        }
        let series = self.statistics.series(self.route, self.method);
        if self.counts {
            series.begin();
        }
        self.series = Some(series);
    }

    /// The template of the resource that the request counts for.
    #[cold]
    pub(crate) fn template(&self) -> Option<&'a str> {
        self.statistics.template(self.route)
    }

    /// Counts violations of the request.
    pub(crate) fn violations(&self, number: usize) {
        self.any_series().violations(number as u64);
    }

    /// Counts an event.
    #[cold]
    pub(crate) fn event(&mut self, event: Event) {
        self.any_series().event(event);
        self.event = Some(event);
    }

    /// Notes an error of the server that is logged under this ID; `phrase` says what its status means.
    #[cold]
    pub(crate) fn problem(&self, id: RequestId, status: StatusCode, phrase: &'static str) {
        let detail = match self.event {
            Some(Event::Panic) => "The method panicked.",
            Some(Event::Timeout) => "The method took longer than its limit.",
            Some(Event::CutOff) | None => phrase,
        };
        let (route, method, status) = (self.route, self.method, status.as_u16());
        let at = std::time::SystemTime::now();
        self.statistics.problems.add(RecentProblem { at, id, status, route, method, detail });
    }

    /// The request ends with this response, or with the last piece of its content if that is a stream.
    #[inline(always)]
    pub(crate) fn end(&mut self, response: &mut Response<Body>, received: u64) {
        self.end_with(response, received, None);
    }

    /// As [`end`](Self::end); then this is done.
    #[inline(always)]
    pub(crate) fn end_with(
        &mut self,
        response: &mut Response<Body>,
        received: u64,
        at_end: Option<AtEnd>,
    ) {
        if !self.counts {
            return;
        }
        let status = response.status().as_u16();
        match response.body().bytes() {
            Some(content) => {
                let ended = self.count(status, received, content.len() as u64);
                do_at_end(at_end, ended);
            }
            None => self.stream(response, received, at_end),
        }
    }

    /// The request ends without a response, because its client is gone or the server cuts it off; then this is done.
    #[cold]
    pub(crate) fn end_without_response(&mut self, at_end: Option<AtEnd>) {
        let status = match self.statistics.cuts_off.load(Relaxed) {
            true => CUT_OFF,
            false => CLIENT_GONE,
        };
        let ended = self.count(status, 0, 0);
        do_at_end(at_end, ended);
    }

    /// Inlined: to call it would cost a fifth of what it does.
    #[inline(always)]
    fn count(&mut self, status: u16, received: u64, sent: u64) -> Ended {
        self.counts = false;
        let series = match self.series {
            Some(series) => series,
            None => self.begin_unmatched(),
        };
        let ended = Ended { status, nanos: Moment::now().nanos_since(self.began), received, sent };
        series.end(ended);
        ended
    }

    #[cold]
    fn begin_unmatched(&self) -> &'a Series {
        let series = self.statistics.series(Route::UNMATCHED, self.method);
        series.begin();
        series
    }

    fn any_series(&self) -> &'a Series {
        self.series.unwrap_or_else(|| self.statistics.series(self.route, self.method))
    }

    #[cold]
    fn stream(&mut self, response: &mut Response<Body>, received: u64, at_end: Option<AtEnd>) {
        self.counts = false;
        if self.series.is_none() {
            self.begin_unmatched();
        }
        let measured = StreamedResponse {
            content: std::mem::take(response.body_mut()),
            statistics: Arc::clone(self.statistics),
            began: self.began,
            route: self.route,
            method: self.method,
            status: response.status().as_u16(),
            received,
            sent: 0,
            is_complete: false,
            at_end,
        };
        *response.body_mut() = Body::new(measured);
    }
}

impl Drop for Measurement<'_> {
    #[inline]
    fn drop(&mut self) {
        if self.counts {
            self.end_without_response(None);
        }
    }
}

impl fmt::Debug for Measurement<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { route, method, .. } = self;
        formatter.debug_struct("Measurement").field("route", route).field("method", method).finish()
    }
}

#[inline(always)]
fn do_at_end(work: Option<AtEnd>, ended: Ended) {
    if let Some(work) = work {
        work(ended);
    }
}

/// The content of a response that is sent piece by piece. The request counts when this is dropped.
struct StreamedResponse {
    content: Body,
    statistics: Arc<Statistics>,
    began: Moment,
    route: Route,
    method: MethodLabel,
    status: u16,
    received: u64,
    sent: u64,
    is_complete: bool,
    at_end: Option<AtEnd>,
}

impl http_body::Body for StreamedResponse {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.content).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                self.sent += frame.data_ref().map_or(0, |data| data.len() as u64);
                // A server does not ask again if it has sent as much as it has announced.
                self.is_complete =
                    self.content.is_end_stream() || self.content.size_hint().exact() == Some(0);
            }
            Some(Err(_)) => {}
            None => self.is_complete = true,
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.content.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.content.size_hint()
    }
}

impl Drop for StreamedResponse {
    fn drop(&mut self) {
        let series = self.statistics.series(self.route, self.method);
        if !self.is_complete {
            series.event(Event::CutOff);
        }
        let Self { status, received, sent, .. } = *self;
        let ended = Ended { status, nanos: Moment::now().nanos_since(self.began), received, sent };
        series.end(ended);
        do_at_end(self.at_end.take(), ended);
    }
}
