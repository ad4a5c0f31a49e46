//! What observes a request: the log and, with the feature `otlp`, its span.

#[cfg(feature = "server")]
use std::net::SocketAddr;
use std::{future::Future, sync::OnceLock};

use http::Response;

use super::{access_log, span::RequestSpan};
#[cfg(feature = "server")]
use crate::statistics::Ended;
use crate::{
    http::{body::Body, identity::Identity, incoming::Request, known_fields::KnownField},
    site::{Site, current},
    statistics::{AtEnd, Measurement, MethodLabel},
};

/// What observes a request, and what its observers have in common.
#[derive(Debug)]
pub(crate) struct Observation<'a> {
    site: &'a Site,
    /// Set if the request brings one, or as soon as something needs it.
    identity: OnceLock<Identity>,
    span: RequestSpan,
}

impl<'a> Observation<'a> {
    #[inline(always)]
    pub(crate) fn new(site: &'a Site, request: &Request, is_within_layers: bool) -> Self {
        let span = match is_within_layers {
            true => request.extensions().get().cloned().unwrap_or_else(RequestSpan::none),
            false => RequestSpan::new(request),
        };
        let identity = OnceLock::new();
        if request.has(KnownField::Identity) || is_within_layers || span.is_recorded() {
            let _ = identity.set(new_identity(site, request, &span));
        }
        Self { site, identity, span }
    }

    /// The ID and the trace of the request, by which its lines in the log and the problem of a 5xx belong together.
    pub(crate) fn identity(&self, request: &Request) -> &Identity {
        self.identity.get_or_init(|| new_identity(self.site, request, &self.span))
    }

    /// What layers pass on with the request, so that within them it is the same one.
    #[cold]
    pub(crate) fn pass_on(&self, request: &mut Request) {
        let identity = self.identity(request).clone();
        request.extend(identity);
        if self.span.is_recorded() {
            request.extend(self.span.clone());
        }
    }

    /// Polls a future to its end, as what runs for the request.
    #[inline(always)]
    pub(crate) fn scope<F: Future + Unpin>(&self, future: F) -> impl Future<Output = F::Output> {
        current::scope(&self.identity, self.span.around(future))
    }

    /// Whether something must know how the request ends.
    #[inline(always)]
    fn has_observer(&self) -> bool {
        access_log::is_enabled() || self.span.is_recorded()
    }

    /// Ends the measurement of a request with this response.
    #[inline(always)]
    pub(crate) fn end(
        &self,
        measurement: &mut Measurement<'_>,
        request: &Request,
        response: &mut Response<Body>,
        received: u64,
    ) {
        match self.has_observer() && measurement.counts() {
            true => {
                let at_end = self.at_end(request, measurement.template());
                measurement.end_with(response, received, Some(at_end));
            }
            false => measurement.end(response, received),
        }
    }

    /// Ends the measurement of a request that ends without a response.
    #[cold]
    pub(crate) fn end_without_response(
        &self,
        measurement: &mut Measurement<'_>,
        request: &Request,
    ) {
        let at_end = self.has_observer().then(|| self.at_end(request, measurement.template()));
        measurement.end_without_response(at_end);
    }

    /// What tells the observers how the request has ended.
    #[cold]
    fn at_end(&self, request: &Request, template: Option<&str>) -> AtEnd {
        let is_logged = access_log::is_enabled();
        let identity = self.identity(request).clone();
        let line =
            is_logged.then(|| access_log::Line::of(self.site, request, template, identity.clone()));
        let span = self.span.clone();
        let method = MethodLabel::of(request.method()).as_str();
        let template = template.map(str::to_owned);
        Box::new(move |ended| {
            if let Some(line) = line {
                line.write(&ended);
            }
            span.end(method, template.as_deref(), &identity, &ended);
        })
    }
}

/// What observes a request whose head cannot be parsed.
#[cfg(feature = "server")]
#[derive(Debug)]
pub(crate) struct MalformedHead {
    identity: Identity,
    span: RequestSpan,
}

#[cfg(feature = "server")]
impl MalformedHead {
    pub(crate) fn new() -> Self {
        let span = RequestSpan::of_malformed_head();
        Self { identity: Identity::begun(span.trace_id()), span }
    }

    pub(crate) fn identity(&self) -> &Identity {
        &self.identity
    }

    /// It has ended.
    pub(crate) fn end(self, peer: Option<SocketAddr>, ended: &Ended) {
        self.span.end(MethodLabel::default().as_str(), None, &self.identity, ended);
        access_log::log_malformed(self.identity, peer, ended);
    }
}

/// Around layers, a request got its identity before.
#[cold]
fn new_identity(site: &Site, request: &Request, span: &RequestSpan) -> Identity {
    let known = request.extensions().get::<Identity>().cloned();
    known.unwrap_or_else(|| match request.has(KnownField::Identity) || span.is_recorded() {
        true => Identity::of(request.fields(), site.trusts(request), span.trace_id()),
        false => Identity::new(),
    })
}

/// The measurement of a request around layers, which take the request.
pub(crate) struct LayeredMeasurement<'a> {
    measurement: Measurement<'a>,
    at_end: Option<AtEnd>,
}

impl<'a> LayeredMeasurement<'a> {
    pub(crate) fn new(
        measurement: Measurement<'a>,
        observation: &Observation<'_>,
        request: &Request,
    ) -> Self {
        let is_observed = observation.has_observer() && measurement.counts();
        let at_end = is_observed.then(|| observation.at_end(request, measurement.template()));
        Self { measurement, at_end }
    }

    pub(crate) fn uncounted(&self) -> Measurement<'a> {
        self.measurement.uncounted()
    }

    pub(crate) fn end(&mut self, response: &mut Response<Body>, received: u64) {
        self.measurement.end_with(response, received, self.at_end.take());
    }
}

impl Drop for LayeredMeasurement<'_> {
    fn drop(&mut self) {
        if self.measurement.counts() {
            self.measurement.end_without_response(self.at_end.take());
        }
    }
}
