//! The responses that a method can have: its own, those of the hooks, and those of the framework.

use std::{borrow::Cow, collections::BTreeSet};

use http::{HeaderName, HeaderValue, StatusCode};

use super::{NegotiatedBy, SiteOperation, SiteResource};
use crate::{
    content::media_types_field,
    declaration::{Failure, Hook, ProblemType, SchemaOf},
    problem::{phrase, schema},
    representation::{PROBLEM_DOCUMENTS, Representation, Writer},
};

/// A response that a method can have.
#[derive(Debug)]
pub(crate) struct SiteResponse {
    /// The status, or `None` for any other one.
    pub(crate) status: Option<u16>,
    pub(crate) description: Cow<'static, str>,
    /// The names of the header fields that it can have, in addition to those that every response has.
    pub(crate) fields: Vec<&'static str>,
    /// The value of `Vary`, without an extension in the target.
    pub(crate) vary: Option<HeaderValue>,
    pub(crate) media_types: Vec<ResponseMediaType>,
    pub(crate) schema: Option<SchemaOf>,
    pub(crate) is_problem: bool,
    /// The members that types of problems add to the document.
    pub(crate) members: Vec<&'static str>,
}

/// A media type that a response can have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ResponseMediaType {
    pub(crate) name: &'static str,
    /// Whether the schema of the value describes the content. A representation of the resource writes what it likes.
    pub(crate) is_described: bool,
}

/// The responses of a method, in the order of their statuses; that for any other status is the last.
pub(super) fn of(resource: &SiteResource, operation: &SiteOperation) -> Vec<SiteResponse> {
    let facts = Facts { resource, operation, preceding: preceding(resource, operation) };
    let mut responses = facts.own();
    responses.extend(facts.problems());
    let mut responses = by_status(responses);
    responses.extend(facts.any_other());
    let deprecated = deprecation_fields(operation);
    for response in &mut responses {
        response.vary = facts.vary(response);
        response.fields.extend(response.vary.as_ref().map(|_| "Vary"));
        response.fields.extend(&deprecated);
    }
    responses
}

/// The responses to `OPTIONS`, with these fields; `OPTIONS` ignores the rest of the request.
pub(super) fn of_options(fields: &[(HeaderName, HeaderValue)]) -> Vec<SiteResponse> {
    let known = ["Allow", "Accept-Patch", "Accept-Post", "Accept-Query"];
    let has = |name: &&str| fields.iter().any(|(field, _)| field == *name);
    let malformed = "The head of the request is malformed (RFC 9112).";
    vec![
        SiteResponse::empty(Some(204), title(204), known.into_iter().filter(has).collect()),
        SiteResponse::problem(Some(400), malformed),
    ]
}

/// What decides which responses a method can have.
struct Facts<'a> {
    resource: &'a SiteResource,
    operation: &'a SiteOperation,
    /// What else can fail before the method returns.
    preceding: Vec<PrecedingCall<'a>>,
}

/// A call before that of the method, whose failure ends the request.
struct PrecedingCall<'a> {
    operation: &'a SiteOperation,
    /// Whether its 404 or 410 does not end the request.
    may_find_nothing: bool,
}

impl Facts<'_> {
    /// The responses of the method itself.
    fn own(&self) -> Vec<SiteResponse> {
        let statuses = self.operation.returns.statuses.iter().filter(|status| **status < 400);
        let mut responses: Vec<_> = statuses.map(|status| self.success(*status)).collect();
        // `If-None-Match: *` is false for whatever `get` finds.
        if self.operation.is_get() {
            responses.push(SiteResponse {
                media_types: Vec::new(),
                schema: None,
                ..self.success(304)
            });
        }
        responses
    }

    /// What a response depends on if no extension in the target decides.
    fn vary(&self, response: &SiteResponse) -> Option<HeaderValue> {
        let representations = match response.is_problem {
            true => &self.resource.problems,
            false => &self.operation.representations,
        };
        let accept = response.is_problem || self.operation.is_negotiated();
        let is_written = response.is_problem || self.operation.is_represented();
        let can_be_coded =
            is_written && representations.iter().any(|representation| representation.can_be_coded);
        let by = NegotiatedBy { accept, accept_encoding: can_be_coded };
        self.operation.vary.value(by).cloned()
    }

    fn success(&self, status: u16) -> SiteResponse {
        let returns = &self.operation.returns;
        let media_types = if returns.verbatim && !self.operation.writes_response() && status != 304
        {
            let name = returns.media_type.unwrap_or("*/*");
            vec![ResponseMediaType { name, is_described: false }]
        } else if self.operation.is_represented() {
            self.operation.representations.iter().map(ResponseMediaType::of).collect()
        } else {
            Vec::new()
        };
        SiteResponse {
            status: Some(status),
            description: title(status).into(),
            fields: self.fields(status),
            vary: None,
            media_types,
            schema: returns.schema,
            is_problem: false,
            members: Vec::new(),
        }
    }

    fn fields(&self, status: u16) -> Vec<&'static str> {
        let mut fields = Vec::new();
        let mut add = |name, is_there: bool| fields.extend(is_there.then_some(name));
        let is_fresh_status = status < 300 || status == 304;
        let is_retrieved = self.operation.is_get() && is_fresh_status;
        let is_new_state =
            self.operation.leaves_new_state() && [200, 201, 204, 205].contains(&status);
        add("ETag", (is_retrieved || is_new_state) && self.resource.has_etag());
        add("Last-Modified", is_retrieved && self.has_date());
        let is_fresh = self.operation.freshness.is_some() && is_fresh_status;
        add("Cache-Control", is_fresh);
        add("Expires", is_fresh);
        add("Location", status == 201 || (300..400).contains(&status) && status != 304);
        add("Link", self.operation.returns.is_page && status == 200);
        add("Accept-Ranges", self.returns_status(206) && status < 300);
        add("Content-Range", status == 206);
        fields
    }

    /// The problems, each status once.
    fn problems(&self) -> Vec<SiteResponse> {
        let policy = &self.resource.policy;
        let returns = &self.operation.returns;
        let has_content = self.operation.content.is_any();
        let mut problems = Problems::default();
        if self.returns_status(416) {
            problems.add(416, "None of the requested ranges exists.");
        }
        let method = self.operation.method_name();
        let resource = self.resource.id;
        let concerns = |failure: &&Failure| failure.concerns(resource, method);
        problems.add_failures(self.operation.failures().into_iter().filter(concerns));
        problems.add(400, "The request breaks rules, which the document lists.");
        if has_content || self.has_parameters() {
            let status = policy.violations.as_u16();
            problems.add(status, "Parameters break rules, which the document lists.");
        }
        if returns.optional {
            problems.add(404, "Not found.");
        }
        let preceding = self.preceding.iter().flat_map(PrecedingCall::failures);
        problems.add_failures(preceding.filter(concerns));
        if !self.resource.credentials.challenges.is_empty() {
            problems.add(401, "The credentials are missing or wrong.");
        }
        for role in self.operation.roles() {
            problems.add(403, role.detail);
        }
        if self.operation.is_negotiated() && !policy.sends_default {
            problems.add(406, "The client accepts none of the available representations.");
        }
        problems.add(412, "A precondition of the request failed.");
        problems.add(413, "The content exceeds the limit.");
        if has_content {
            problems.add(408, "The content did not arrive in time.");
            problems
                .add(415, "The media type or the content coding of the content is not supported.");
        }
        problems.add(500, "Internal error; the log has its cause, under the ID in the document.");
        if self.operation.limits_concurrency() {
            problems.add(503, "Too many requests are in progress.");
        }
        if self.can_be_too_slow() {
            problems.add(504, "The method did not end in time.");
        }
        let mut responses = problems.into_responses();
        for response in responses.iter_mut().filter(|it| it.status == Some(412)) {
            response.fields.extend(self.resource.has_etag().then_some("ETag"));
            response.fields.extend(self.has_date().then_some("Last-Modified"));
        }
        for response in responses.iter_mut().filter(|it| it.status == Some(415)) {
            response
                .fields
                .extend([media_types_field(self.operation.method_name()), "Accept-Encoding"]);
        }
        responses
    }

    /// The response with any other status, if there can be one.
    fn any_other(&self) -> Option<SiteResponse> {
        let admit = self.resource.hook(Hook::Admit);
        if self.operation.writes_response() || admit.is_some_and(SiteOperation::writes_response) {
            return Some(SiteResponse::empty(None, "Any other response.", Vec::new()));
        }
        let all = self.preceding.iter().map(|call| call.operation).chain([self.operation]);
        let is_open =
            self.resource.authorizer.is_some() || all.into_iter().any(SiteOperation::fails_openly);
        is_open.then(|| SiteResponse::problem(None, "Any other problem."))
    }

    /// Whether the method is dropped if it takes too long.
    fn can_be_too_slow(&self) -> bool {
        let operations = self.preceding.iter().map(|call| call.operation).chain([self.operation]);
        self.operation.is_get() && operations.into_iter().any(SiteOperation::is_async)
    }

    fn has_parameters(&self) -> bool {
        let operations = self.preceding.iter().map(|call| call.operation).chain([self.operation]);
        operations.flat_map(SiteOperation::named_parameters).next().is_some()
    }

    fn has_date(&self) -> bool {
        self.resource.hook(Hook::LastModified).is_some()
    }

    fn returns_status(&self, status: u16) -> bool {
        self.operation.returns.statuses.contains(&status)
    }
}

/// The hooks, and `get` if it computes the tag, or tells whether there is something, before another method runs.
fn preceding<'a>(resource: &'a SiteResource, operation: &SiteOperation) -> Vec<PrecedingCall<'a>> {
    let call = |operation, may_find_nothing| PrecedingCall { operation, may_find_nothing };
    let is_asked = resource.computes_etag || resource.hook(Hook::Exists).is_none();
    let is_asked = is_asked && !operation.is_get();
    let get = resource.methods().iter().find(|method| method.is_get() && is_asked);
    let hooks = resource.hooks().iter().map(|it| call(it, false));
    hooks.chain(get.map(|get| call(get, true))).collect()
}

impl PrecedingCall<'_> {
    fn failures(&self) -> impl Iterator<Item = &'static Failure> {
        let may_find_nothing = self.may_find_nothing;
        let is_nothing = move |status| may_find_nothing && [404, 410].contains(&status);
        self.operation.failures().into_iter().filter(move |failure| !is_nothing(failure.status))
    }
}

/// Problems by status. The first description of a status wins, but each type of problem is described.
#[derive(Default)]
struct Problems(Vec<(u16, Description)>);

/// What a status means.
struct Description {
    text: &'static str,
    /// The types of problems that have it, each with its documentation.
    types: Vec<(ProblemType, &'static str)>,
}

impl Description {
    /// The members that the types add to the document, each once.
    fn members(&self) -> Vec<&'static str> {
        let all = self.types.iter().flat_map(|(kind, _)| kind.extensions);
        let members: BTreeSet<_> = all.copied().collect();
        members.into_iter().collect()
    }

    /// The text, and a list of the types.
    fn into_text(self) -> Cow<'static, str> {
        if self.types.is_empty() {
            return self.text.into();
        }
        let mut text = self.text.to_owned();
        for (kind, documentation) in self.types {
            let documentation = if documentation.is_empty() { kind.title } else { documentation };
            let separator = if text.is_empty() { "" } else { "\n" };
            text = format!("{text}{separator}- `{}`: {documentation}", kind.name);
        }
        text.into()
    }
}

impl Problems {
    fn add(&mut self, status: u16, description: &'static str) {
        if self.0.iter().all(|(known, _)| *known != status) {
            self.0.push((status, Description { text: description, types: Vec::new() }));
        }
    }

    fn add_failures(&mut self, failures: impl Iterator<Item = &'static Failure>) {
        for failure in failures {
            let documentation = failure.documentation.trim();
            let Some(kind) = failure.kind else {
                self.add(failure.status, documentation);
                continue;
            };
            self.add(failure.status, "");
            let known = self.0.iter_mut().find(|(known, _)| *known == failure.status);
            if let Some((_, description)) = known
                && description.types.iter().all(|(known, _)| *known != kind)
            {
                description.types.push((kind, documentation));
            }
        }
    }

    fn into_responses(self) -> Vec<SiteResponse> {
        let problem = |(status, description): (_, Description)| {
            let members = description.members();
            SiteResponse { members, ..SiteResponse::problem(Some(status), description.into_text()) }
        };
        self.0.into_iter().map(problem).collect()
    }
}

impl SiteResponse {
    /// A response without content.
    fn empty(status: Option<u16>, description: &'static str, fields: Vec<&'static str>) -> Self {
        Self {
            status,
            description: description.into(),
            fields,
            vary: None,
            media_types: Vec::new(),
            schema: None,
            is_problem: false,
            members: Vec::new(),
        }
    }

    fn problem(status: Option<u16>, description: impl Into<Cow<'static, str>>) -> Self {
        let mut description = description.into();
        if let (true, Some(status)) = (description.is_empty(), status) {
            description = title(status).into();
        }
        let field = match status {
            Some(401) => Some("WWW-Authenticate"),
            Some(405) => Some("Allow"),
            Some(429 | 503) => Some("Retry-After"),
            Some(416) => Some("Content-Range"),
            _ => None,
        };
        Self {
            status,
            description,
            fields: field.into_iter().collect(),
            vary: None,
            media_types: PROBLEM_DOCUMENTS
                .map(|name| ResponseMediaType { name, is_described: true })
                .to_vec(),
            schema: Some(schema::SCHEMA),
            is_problem: true,
            members: Vec::new(),
        }
    }
}

impl ResponseMediaType {
    fn of(representation: &Representation) -> Self {
        let is_described = !matches!(representation.writer, Writer::Own(_));
        Self { name: representation.media_type, is_described }
    }
}

/// In the order of the statuses. There are few, and a sort would be compiled for them alone.
fn by_status(responses: Vec<SiteResponse>) -> Vec<SiteResponse> {
    let mut sorted: Vec<SiteResponse> = Vec::with_capacity(responses.len());
    for response in responses {
        let place = sorted.partition_point(|earlier| earlier.status <= response.status);
        sorted.insert(place, response);
    }
    sorted
}

/// The fields that tell clients of the deprecation.
fn deprecation_fields(operation: &SiteOperation) -> Vec<&'static str> {
    let has = |name: &&str| operation.deprecation_fields.iter().any(|(field, _)| field == *name);
    ["Deprecation", "Sunset"].into_iter().filter(has).collect()
}

fn title(status: u16) -> &'static str {
    StatusCode::from_u16(status).map_or("Problem", phrase)
}
