//! One request becomes one response, in one straight line.
//!
//! ```text
//! route → method → authorize → admit content → negotiate → read content → parameters → admit → validators
//! → preconditions → call → represent → freshness → respond
//! ```
//!
//! Each stage adds to the [`Context`] what it found, or ends the exchange early. The invariants:
//!
//! - What the response depends on is known before negotiation, and `Vary` is written on every exit, as one field line.
//! - The entity tag belongs to the selected representation.
//! - If an earlier stage ends the exchange, the method is not called.
//! - Before authorization, no response reveals anything about the resource.
//!
//! `call` and `represent` are one step at the boundary of the resource, since only generated code knows the type of the
//! value. With `etag = auto` they run within `validators`: the tag of a `GET` is computed from what the method returns.

mod access_log;
mod authority;
mod calls;
mod context;
mod cross_origin;
mod current_state;
mod deadline;
mod expectation;
mod links;
mod negotiate;
mod new_tag;
pub(crate) mod observation;
pub(crate) mod panic;
mod ranges;
mod respond;
mod select_method;
#[cfg_attr(not(feature = "otlp"), path = "span/disabled.rs")]
mod span;
mod time_limit;

use std::{
    cell::Cell,
    future::Future,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::Arc,
};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, header, request::Parts};
use tokio::sync::OwnedSemaphorePermit;

use self::{
    calls::Binder,
    context::Context,
    observation::Observation,
    select_method::Selection,
    time_limit::{Running, TimeLimit},
};
use crate::{
    answer::outcome::Outcome,
    content::{self, ReadContent},
    http::{
        body::Body, incoming::Request, known_fields::KnownField, path::Path,
        received_content::ReceivedContent,
    },
    parameters::authorized::Principal,
    preconditions::{Evaluation, Preconditions},
    problem::Problem,
    routing::Matched,
    site::{Site, SiteOperation, current},
    statistics::{Event, Measurement},
};

/// A request and the response to it.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    pub(crate) request: Request,
    /// The content of the request.
    pub(crate) content: Body,
    /// How much of it was received.
    pub(crate) received: ReceivedContent,
    pub(crate) response: Response<Body>,
}

/// How an exchange ends.
#[derive(Debug)]
enum End {
    /// With the outcome of the method.
    Outcome(Outcome),
    /// With a 304. The outcome of the method, if its tag was computed from it.
    NotModified(Option<Outcome>),
    /// With these fields, in response to `OPTIONS`.
    Options(Vec<(HeaderName, HeaderValue)>),
    /// With a problem.
    Problem(Problem),
}

impl End {
    /// Whether the method, or whatever ended the exchange, may have set header fields itself.
    fn has_own_fields(&self) -> bool {
        match self {
            Self::Outcome(outcome) | Self::NotModified(Some(outcome)) => outcome.has_own_fields(),
            Self::Options(_) | Self::NotModified(None) => false,
            Self::Problem(problem) => problem.has_fields(),
        }
    }
}

thread_local! {
    /// The header table of a request that was handled: a cache, which saves a response two allocations of four
    /// (`tests/allocations.rs`).
    static SPARE_TABLE: Cell<HeaderMap> = Cell::default();
}

impl Exchange {
    /// An exchange that begins with this request.
    pub(crate) fn new(parts: Parts, peer: Option<SocketAddr>, content: Body) -> Self {
        let mut response = Response::default();
        *response.headers_mut() = SPARE_TABLE.take();
        let request = Request::new(parts, peer);
        let mut received = ReceivedContent::default();
        let content = if request.is_counted() { content } else { received.counted(content) };
        Self { request, content, received, response }
    }

    /// Begins the next exchange on a connection.
    ///
    /// The response takes over the header table of the request before, which is empty by now and has room. So a
    /// connection needs two tables, however many requests it carries.
    ///
    /// Inlined, as what it calls: each call would copy the head of the request once more, for 200 instructions together.
    #[cfg(feature = "server")]
    #[inline]
    pub(crate) fn begin(&mut self, parts: Parts, peer: SocketAddr, content: Body) {
        let table = self.request.replace(parts, peer);
        *self.response.headers_mut() = table;
        self.content = content;
    }

    /// The response, once the exchange is over.
    pub(crate) fn into_response(self) -> Response<Body> {
        let table = self.request.into_table();
        // A layer took the request, and the exchange within it has set the table.
        if table.capacity() > 0 {
            SPARE_TABLE.set(table);
        }
        self.response
    }
}

/// Handles one request.
///
/// A request that may change something runs to its end even if the client goes away.
pub(crate) async fn handle(site: &Arc<Site>, exchange: &mut Exchange) {
    if exchange.request.retrieves() {
        return run(site, exchange).await;
    }
    // Boxed, because the future would enlarge that of every request.
    Box::pin(change(site, exchange)).await;
}

async fn change(site: &Arc<Site>, exchange: &mut Exchange) {
    let mut moved = std::mem::take(exchange);
    let _client = moved.request.watch_client();
    let running = Arc::clone(site);
    let task = tokio::spawn(async move {
        run(&running, &mut moved).await;
        moved
    });
    match task.await {
        Ok(ended) => *exchange = ended,
        Err(error) => {
            let measurement =
                Measurement::begin(&site.statistics, exchange.request.method(), false);
            let observation = Observation::new(site, &exchange.request, false);
            refuse(site, exchange, Problem::internal(error), measurement, &observation);
        }
    }
}

/// Responds to a request that the server refuses, which counts for the resource that it asks for, if its target is trusted.
#[cfg(feature = "server")]
pub(crate) fn refuse_early(
    site: &Site,
    exchange: &mut Exchange,
    problem: Problem,
    trusts_target: bool,
) {
    let mut measurement = Measurement::begin(&site.statistics, exchange.request.method(), true);
    if let Some(route) = trusts_target.then(|| route_of(site, &exchange.request)).flatten() {
        measurement.set_route(route);
    }
    let observation = Observation::new(site, &exchange.request, exchange.request.is_counted());
    refuse(site, exchange, problem, measurement, &observation);
}

/// Responds to a request that failed outside of the exchange, for example in a layer.
pub(crate) fn refuse(
    site: &Site,
    exchange: &mut Exchange,
    problem: Problem,
    measurement: Measurement<'_>,
    observation: &Observation<'_>,
) {
    let path = Path::of(&exchange.request);
    let mut context = Context::new(site, &exchange.request, &path, measurement, observation);
    respond::respond(&context, End::Problem(problem), &mut exchange.response);
    context.end(&mut exchange.response, exchange.received.bytes());
}

/// The position of the resource that responds to a request.
pub(crate) fn route_of(site: &Site, request: &Request) -> Option<usize> {
    let path = Path::of(request);
    let matched = site.find(request.method(), &path)?;
    (!site.hides(&path, request)).then_some(matched.resource)
}

async fn run(site: &Site, exchange: &mut Exchange) {
    let Exchange { request, content, received, response } = exchange;
    let counts = !request.is_counted();
    let measurement = Measurement::begin(&site.statistics, request.method(), counts);
    if request.has(KnownField::Timeout) {
        request.begin_deadline();
    }
    let path = Path::of(request);
    let observation = Observation::new(site, request, !counts);
    let mut context = Context::new(site, request, &path, measurement, &observation);
    let running = Running::default();
    let mut place = None;
    let end = {
        let decided = pin!(decide(&mut context, content, &running, &mut place));
        let mut limit = TimeLimit::new(request, &running);
        let caught = pin!(panic::caught(decided, |context| limit.poll(context)));
        observation.scope(caught).await
    };
    if running.is_exceeded() {
        context.measurement.event(Event::Timeout);
    }
    let end = end.unwrap_or_else(|panic| {
        context.measurement.event(Event::Panic);
        Err(Problem::internal(panic))
    });
    let end = end.unwrap_or_else(|problem| End::Problem(context.with_challenges(problem)));
    respond::respond(&context, end, response);
    if let Some(place) = place {
        let content = std::mem::take(response.body_mut());
        *response.body_mut() = content.keep_until_end(place);
    }
    context.end(response, received.bytes());
}

async fn decide<'a>(
    context: &mut Context<'a>,
    content: &mut Body,
    running: &Running,
    place: &mut Option<OwnedSemaphorePermit>,
) -> Result<End, Problem> {
    let (site, request) = (context.site, context.request);
    let Some(matched) = route(context)? else {
        return Ok(End::Options(vec![(header::ALLOW, site.allow.clone())]));
    };
    context.matched = Some(matched);
    let resource = site.resource(matched.resource)?;
    context.resource = Some(resource);
    context.measurement.set_route(matched.resource);
    cross_origin::check(request, &resource.policy)?;
    let operation = match select_method::select(request, resource)? {
        Selection::Operation(operation) => operation,
        Selection::Options(fields) => return Ok(End::Options(fields)),
    };
    context.operation = Some(operation);
    deadline::check(request)?;

    if let Some(paths) = site.path_context(request, &matched) {
        current::set_paths(paths);
    }

    let variables = matched.variables;
    let binder = Binder { resource, request, variables, principal: None, writer: None };
    running.begin(operation);
    let principal = match resource.is_restricted {
        true => authorize(binder, operation).await?,
        false => None,
    };
    operation.enter(place)?;

    let (usage, limits) = (operation.content, &operation.limits);
    let digests = content::admit(request, usage, limits, content)?;

    context.negotiated = negotiate::negotiate(request, resource, operation, matched.extension)?;

    let preconditions = context.preconditions(resource);
    let (principal, writer) = (principal.as_ref(), context.writer());
    let binder = Binder { principal, writer, ..binder };
    if request.has(KnownField::Expectation) && !request.retrieves() {
        // Boxed, like all that few requests need, because the future would enlarge that of every request.
        Box::pin(expectation::decide(context, binder, operation, &preconditions)).await?;
    }
    running.pause();
    let patience = operation.patience;
    let content = content::read(request, usage, limits, patience, digests, content).await?;
    running.begin(operation);
    conclude(context, binder, operation, &content, &preconditions).await
}

/// Authorizes a request for this method; boxed, because the future would enlarge that of every request.
#[cold]
fn authorize<'a>(
    binder: Binder<'a>,
    operation: &'a SiteOperation,
) -> Pin<Box<dyn Future<Output = Result<Option<Principal>, Problem>> + Send + 'a>> {
    Box::pin(async move {
        let principal = binder.authorize().await?;
        operation.check_roles(principal.as_ref())?;
        Ok(principal)
    })
}

/// From the parameters to the outcome of the method.
async fn conclude(
    context: &mut Context<'_>,
    binder: Binder<'_>,
    operation: &SiteOperation,
    content: &ReadContent,
    preconditions: &Preconditions,
) -> Result<End, Problem> {
    let mut calls = binder.bind(operation, content, preconditions)?;

    if let Some(admit) = calls.admit.take()
        && let Some(response) = calls::early_response(admit).await?
    {
        return Ok(End::Outcome(response));
    }
    let early = match calls.state {
        Some(_) => calls.validators(&binder, preconditions, &mut context.validators).await?,
        None => None,
    };
    let evaluation = preconditions.evaluate(&context.validators);
    if evaluation == Evaluation::NotModified && early.is_none() {
        return Ok(End::NotModified(None));
    }
    if evaluation == Evaluation::Failed && operation.heeds_preconditions() {
        return Err(context.refusal(preconditions, calls.state));
    }

    let outcome = match early {
        Some(outcome) => outcome,
        None => {
            deadline::check(context.request)?;
            preconditions.note(&context.validators);
            // Without `map_err`, which moves the outcome once more.
            match calls.method().await {
                Ok(outcome) => outcome,
                Err(problem) => return Err(changed_meanwhile(preconditions, problem)),
            }
        }
    };
    // Preconditions are ignored if the response would not be a success without them (section 13.2.1).
    if outcome.status.is_success() {
        match evaluation {
            Evaluation::Proceed => {}
            Evaluation::NotModified => return Ok(End::NotModified(Some(outcome))),
            Evaluation::Failed => return Err(context.precondition_failed(preconditions)),
        }
    }
    if new_tag::is_told(&binder, operation, &outcome) {
        let asked = new_tag::ask(context, binder, content, preconditions);
        context.new_tag = Box::pin(asked).await;
    }
    ranges::select(context.request, &context.validators, outcome).map(End::Outcome)
}

/// What a method changes was there when the preconditions were evaluated. If it then finds nothing, another request was faster,
/// and the preconditions are false. What the validators are now is unknown.
fn changed_meanwhile(preconditions: &Preconditions, problem: Problem) -> Problem {
    match problem.is_none() && preconditions.tag().is_some() {
        true => preconditions.refusal(),
        false => problem,
    }
}

/// The resource, or `None` for the server as a whole (`OPTIONS *`).
fn route<'a>(context: &Context<'a>) -> Result<Option<Matched<'a>>, Problem> {
    let Context { site, request, path, .. } = *context;
    authority::check(request)?;
    if site.hides(path, request) {
        return Err(site.hidden(request));
    }
    match *request.method() {
        Method::CONNECT => Err(select_method::refused(true, site.allow.clone())),
        Method::OPTIONS if &**path == "*" => Ok(None),
        _ => site.route(request, path).map(Some),
    }
}
