//! One request becomes one response, in one straight line.
//!
//! ```text
//! route → method → authorize → content → negotiate → parameters → validators → preconditions → call → represent
//! → freshness → respond
//! ```
//!
//! Each stage takes what the stage before it found, and gives its own finding or an early end. What holds always:
//!
//! - What the answer depends on is known before negotiation, and `Vary` is written on every exit.
//! - The entity tag belongs to the selected representation.
//! - The method is not called for a request that any earlier stage answers.
//! - After authorisation alone does an answer tell anything about the resource.
//!
//! `call` and `represent` are one step at the resource's boundary, since the type of the value is known only there.

mod method;
mod negotiate;
mod panic;
mod ranges;
mod respond;

use std::{borrow::Cow, net::SocketAddr, pin::pin, sync::Arc};

use http::{HeaderValue, Method, Response, StatusCode, header, request::Parts};

use self::method::Selection;
use crate::{
    answer::{Outcome, OutcomeContent},
    content::{self, ReadContent},
    declaration::Role,
    formats::coding::Coding,
    http::{
        body::{Body, BoxError},
        date,
        entity_tag::EntityTag,
        path::Path,
        request::Request,
    },
    parameters::Arguments,
    preconditions::{Evaluation, Preconditions, Validators},
    problem::{Problem, violation::Violation},
    representation::{Representations, Selected},
    resource::{Call, Finding},
    routing::{self, Matched},
    site::{
        Built,
        freshness::Lifetime,
        methods,
        resource::{Entry, Prepared},
    },
};

/// What an application tells of itself, to those whom it trusts.
const INTERNAL: &str = "/_internal/";

/// A request, and the response that it becomes, each in one place from the first byte to the last.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    pub(crate) request: Request,
    /// The content of the request.
    pub(crate) content: Body,
    pub(crate) response: Response<Body>,
}

/// What every exit has to know.
#[derive(Debug, Default)]
pub(crate) struct Findings<'a> {
    /// How much of the path, in its one form, is not its extension: a relative location is resolved against that.
    pub(crate) stem: usize,
    /// The extension that decided the representation.
    pub(crate) extension: Option<&'static str>,
    /// Whether `Accept` could have mattered for what a method gives.
    pub(crate) is_negotiated: bool,
    /// The selected representation.
    pub(crate) selected: Option<Selected<'a>>,
    /// The content coding that the client likes best, where the representation can have one.
    pub(crate) coding: Option<Coding>,
    /// The suffix of the entity tag that the client has, where that is why it gets a 304.
    pub(crate) known_suffix: Option<String>,
    /// What the client is told where the method is to go.
    pub(crate) deprecation: &'a [(http::HeaderName, HeaderValue)],
    /// For how long the answer stays fresh.
    pub(crate) freshness: Option<&'a Lifetime>,
    /// The representations of a problem, once the resource is known.
    pub(crate) problems: Option<&'a Representations>,
    /// Whether the answer has `Content-MD5`, once the resource is known.
    pub(crate) has_md5: Option<bool>,
    /// What the resource implements.
    pub(crate) allow: Option<&'a HeaderValue>,
    /// The validators of the selected representation, where the answer tells them.
    pub(crate) validators: Validators,
}

/// How an exchange ends.
#[derive(Debug)]
pub(crate) enum End {
    /// With the outcome of the method.
    Outcome(Outcome),
    /// With a 304: the client has it. What `get` gave, where its tag is made of that.
    NotModified(Option<Outcome>),
    /// With what a resource implements.
    Options(Vec<(http::HeaderName, HeaderValue)>),
    /// With a problem.
    Problem(Problem),
}

/// Answers one request.
///
/// What may change something runs to its end, even when the client goes away.
pub(crate) async fn answer(application: &Arc<Built>, exchange: &mut Exchange) {
    if exchange.request.retrieves() {
        return run(application, exchange).await;
    }
    let mut moved = std::mem::take(exchange);
    let running = Arc::clone(application);
    let task = tokio::spawn(async move {
        run(&running, &mut moved).await;
        moved
    });
    match task.await {
        Ok(ended) => *exchange = ended,
        Err(error) => fail(application, exchange, error.into()),
    }
}

/// Answers a request that failed outside of the exchange, such as in a layer.
pub(crate) fn fail(application: &Built, exchange: &mut Exchange, error: BoxError) {
    let problem = Problem::internal(error);
    respond::respond(application, exchange, &Findings::default(), End::Problem(problem));
}

async fn run(application: &Built, exchange: &mut Exchange) {
    let mut findings = Findings::default();
    let end = {
        let Exchange { request, content, .. } = &mut *exchange;
        let path = Path::of(request);
        let decided = pin!(decide(application, request, &path, content, &mut findings));
        panic::caught(decided).await
    };
    let end = end.unwrap_or_else(|panic| Err(Problem::internal(panic)));
    respond::respond(application, exchange, &findings, end.unwrap_or_else(End::Problem));
}

impl Exchange {
    /// An exchange that begins with this request.
    pub(crate) fn new(parts: Parts, peer: Option<SocketAddr>, content: Body) -> Self {
        Self { request: Request::new(parts, peer), content, response: Response::default() }
    }
}

async fn decide<'a>(
    application: &'a Built,
    request: &Request,
    path: &Path<'_>,
    body: &mut Body,
    findings: &mut Findings<'a>,
) -> Result<End, Problem> {
    let Some(matched) = route(application, request, path)? else {
        return Ok(End::Options(vec![(header::ALLOW, application.allow.clone())]));
    };
    findings.stem = matched.path.len();
    findings.extension = matched.extension;

    let entry = application.entry(matched.resource)?;
    findings.problems = Some(&entry.problems);
    findings.has_md5 = Some(entry.manners.content_md5);
    let operation = match method::select(request, entry)? {
        Selection::Operation(operation) => operation,
        Selection::Options(fields) => return Ok(End::Options(fields)),
    };
    findings.allow = Some(&entry.allow);
    findings.freshness = operation.freshness.as_ref();
    findings.deprecation = &operation.deprecation;
    findings.is_negotiated = operation.is_represented;

    let mut asking = Asking { entry, request, matched: &matched, selected: Selected::NONE };
    if let Some(hook) = entry.hook(Role::Authorize) {
        authorize(&asking, hook).await?;
    }

    let content = content(request, entry, operation, body).await?;

    let selected = negotiate(request, entry, operation, matched.extension)?;
    findings.selected = selected;
    findings.coding = selected
        .filter(|selected| operation.is_represented && selected.is_compressible)
        .and_then(|_| negotiate::coding(request));
    asking.selected = selected.unwrap_or(Selected::NONE);

    let preconditions = preconditions(request, entry, findings);
    let mut calls = asking.bind(operation, &content, &preconditions)?;

    let validators = &mut findings.validators;
    let early = calls.validators(entry, request, &preconditions, validators).await?;
    match preconditions.evaluate(&findings.validators) {
        Evaluation::Proceed => {}
        Evaluation::NotModified => {
            let suffix = preconditions.suffix_of_known(&findings.validators);
            findings.known_suffix = suffix.map(str::to_owned);
            return Ok(End::NotModified(early));
        }
        Evaluation::Failed => return Err(Problem::precondition_failed()),
    }

    let outcome = match early {
        Some(outcome) => outcome,
        None => outcome(&mut calls.method).await?,
    };
    ranges::select(request, &findings.validators, outcome).map(End::Outcome)
}

/// The resource, or nothing for the server as a whole (`OPTIONS *`).
fn route<'a>(
    application: &'a Built,
    request: &Request,
    path: &'a Path<'_>,
) -> Result<Option<Matched<'a>>, Problem> {
    if let Some(error) = &application.broken {
        return Err(Problem::internal(error.to_string()));
    }
    if path.starts_with(INTERNAL) && !application.trusts(request) {
        return Err(routing::not_found());
    }
    match *request.method() {
        Method::CONNECT => {
            let allow = application.allow.clone();
            Err(method::refused(request.method(), methods::REGISTERED, allow))
        }
        Method::OPTIONS if &**path == "*" => Ok(None),
        _ => application.router.route(request, path).map(Some),
    }
}

async fn authorize(asking: &Asking<'_>, hook: &Prepared) -> Result<(), Problem> {
    let (nothing, none) = (ReadContent::default(), Preconditions::default());
    let mut wrong = Vec::new();
    match asking.call(hook, &nothing, &none, &mut wrong) {
        Some(call) => call.await.map(|_| ()),
        None => Err(asking.violations(wrong)),
    }
}

async fn content(
    request: &Request,
    entry: &Entry,
    operation: &Prepared,
    body: &mut Body,
) -> Result<ReadContent, Problem> {
    let limit = operation.content_limit.unwrap_or(entry.manners.content_limit);
    content::read(request, operation.content, limit, body).await
}

fn negotiate<'a>(
    request: &Request,
    entry: &Entry,
    operation: &'a Prepared,
    extension: Option<&str>,
) -> Result<Option<Selected<'a>>, Problem> {
    let representations = &operation.representations;
    if operation.is_represented {
        let sends_default = entry.manners.sends_default;
        return negotiate::required(request, extension, representations, sends_default).map(Some);
    }
    if operation.is_verbatim {
        // Its entity tag has no suffix: there is no other representation to tell it from.
        return Ok(Some(Selected::NONE));
    }
    Ok(negotiate::select(request, extension, representations))
}

/// The preconditions, on the selected representation, coded or not; or on any where the request changes something.
fn preconditions(request: &Request, entry: &Entry, findings: &Findings<'_>) -> Preconditions {
    let selected = || {
        let extension = findings.selected.map(|selected| selected.extension);
        let coded =
            extension.zip(findings.coding).map(|(extension, coding)| suffix(extension, coding));
        extension.map(Cow::Borrowed).into_iter().chain(coded.map(Cow::Owned)).collect()
    };
    let all = || {
        let extensions = entry.extensions();
        let coded = extensions
            .iter()
            .flat_map(|extension| Coding::ALL.map(|coding| Cow::Owned(suffix(extension, coding))));
        let plain = extensions.iter().map(|extension| Cow::Borrowed(*extension));
        plain.chain(coded).chain([Cow::Borrowed("")]).collect()
    };
    Preconditions::of(request, selected, all)
}

/// What makes the entity tag of a coded representation distinct.
pub(crate) fn suffix(extension: &str, coding: Coding) -> String {
    format!("{extension}_{}", coding.name())
}

async fn outcome(call: &mut Call<'_>) -> Result<Outcome, Problem> {
    match call.await? {
        Finding::Outcome(outcome) => Ok(outcome),
        finding => Err(Problem::internal(format!("a method found {finding:?}"))),
    }
}

/// What every call of a request is made with.
#[derive(Clone, Copy)]
struct Asking<'a> {
    entry: &'a Entry,
    request: &'a Request,
    matched: &'a Matched<'a>,
    selected: Selected<'a>,
}

/// The calls of a request, bound and not begun.
struct Calls<'a> {
    method: Call<'a>,
    /// The hooks that tell of the present state.
    hooks: Vec<Call<'a>>,
    /// The resource's `get`, to compute the entity tags of what another method is about to change: once for each
    /// representation that the client may have seen.
    retrievals: Vec<Call<'a>>,
}

impl<'a> Asking<'a> {
    fn violations(&self, wrong: Vec<Violation>) -> Problem {
        Problem::violations(self.entry.manners.violations, wrong)
    }

    /// Binds all that the request will call, and reports all that is wrong with its parameters.
    fn bind(
        &self,
        operation: &'a Prepared,
        content: &'a ReadContent,
        preconditions: &'a Preconditions,
    ) -> Result<Calls<'a>, Problem> {
        let mut wrong = Vec::new();
        let method = self.call(operation, content, preconditions, &mut wrong);
        let exists = preconditions.is_stated();
        let asks = self.request.retrieves() || exists;
        let mut hooks = Vec::new();
        let mut ask = |role| {
            if let Some(hook) = self.entry.hook(role) {
                hooks.extend(self.call(hook, content, preconditions, &mut wrong));
            }
        };
        if asks {
            ask(Role::Etag);
            ask(Role::LastModified);
        }
        if exists {
            ask(Role::Exists);
        }
        let retrieves = self.entry.automatic_etag && !self.request.retrieves();
        let get = (retrieves && preconditions.is_stated()).then(|| self.entry.method(&Method::GET));
        let mut retrievals = Vec::new();
        if let Some(get) = get.flatten() {
            for selected in seen(get, preconditions) {
                let asking = Asking { selected, ..*self };
                // What cannot be asked about cannot be guarded: what is wrong with that is wrong with the request.
                retrievals.extend(asking.call(get, content, preconditions, &mut wrong));
            }
        }
        match (method, wrong.is_empty()) {
            (Some(method), true) => Ok(Calls { method, hooks, retrievals }),
            _ => Err(self.violations(wrong)),
        }
    }

    fn call(
        &self,
        operation: &'a Prepared,
        content: &'a ReadContent,
        preconditions: &'a Preconditions,
        wrong: &mut Vec<Violation>,
    ) -> Option<Call<'a>> {
        let variables = &self.matched.variables;
        let mut arguments = Arguments::new(
            &operation.plan,
            self.request,
            content,
            variables,
            preconditions,
            self.selected,
        );
        let call = self.entry.resource.bind(operation.position, &mut arguments);
        for violation in arguments.into_violations() {
            if !wrong.contains(&violation) {
                wrong.push(violation);
            }
        }
        call
    }
}

/// The representations whose tags the client has, which tell in which state it saw the resource; else the default.
fn seen<'a>(get: &'a Prepared, preconditions: &Preconditions) -> Vec<Selected<'a>> {
    let representations = &get.representations;
    let is_named = |extension: &str| {
        let coded = Coding::ALL.map(|coding| suffix(extension, coding));
        preconditions.mentions_suffix(extension)
            || coded.iter().any(|coded| preconditions.mentions_suffix(coded))
    };
    let extensions = representations.extensions().enumerate();
    let named = extensions.filter(|(_, extension)| is_named(extension));
    let mut seen: Vec<_> = named.filter_map(|(position, _)| representations.at(position)).collect();
    seen.dedup_by_key(|selected| selected.extension);
    if seen.is_empty() {
        seen.push(representations.at(0).unwrap_or(Selected::NONE));
    }
    seen
}

impl Calls<'_> {
    /// Asks the hooks, or computes the entity tag where the resource wants that. For a `GET` it is made of the method's outcome,
    /// which is there then.
    async fn validators(
        &mut self,
        entry: &Entry,
        request: &Request,
        preconditions: &Preconditions,
        validators: &mut Validators,
    ) -> Result<Option<Outcome>, Problem> {
        let mut exists = None;
        for hook in &mut self.hooks {
            match hook.await? {
                Finding::Etag(etag) => validators.etag = etag,
                Finding::LastModified(time) => {
                    validators.last_modified = time.map(date::not_future);
                }
                Finding::Exists(is_there) => exists = Some(is_there),
                Finding::Outcome(_) | Finding::Authorized => {}
            }
        }
        let mut early = None;
        if entry.automatic_etag && request.retrieves() {
            let outcome = outcome(&mut self.method).await?;
            compute(validators, &outcome);
            early = Some(outcome);
        } else {
            for call in &mut self.retrievals {
                // Where `get` finds nothing there is nothing to compare with; where it fails, nobody knows.
                match outcome(call).await {
                    Ok(outcome) => compute(validators, &outcome),
                    Err(problem) if is_of_nothing(&problem) => {}
                    Err(problem) => return Err(problem),
                }
                if preconditions.matches_current(validators) {
                    break;
                }
            }
        }
        let has_validator = validators.etag.is_some() || validators.last_modified.is_some();
        validators.exists = exists.unwrap_or(has_validator);
        Ok(early)
    }
}

fn is_of_nothing(problem: &Problem) -> bool {
    matches!(problem.status(), StatusCode::NOT_FOUND | StatusCode::GONE)
}

/// Makes the validators of what `get` gave.
fn compute(validators: &mut Validators, outcome: &Outcome) {
    if !outcome.status.is_success() {
        return;
    }
    match &outcome.content {
        OutcomeContent::Represented(bytes) => validators.etag = Some(EntityTag::of_content(bytes)),
        OutcomeContent::Binary(binary) => {
            validators.etag = binary.tag();
            let modified = binary.last_modified().map(date::not_future);
            validators.last_modified = validators.last_modified.or(modified);
        }
        OutcomeContent::Nothing | OutcomeContent::Verbatim(_) => {}
    }
}
