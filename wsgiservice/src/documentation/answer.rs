//! Every status that a method can answer with: its own, those of the hooks before it, and those of the framework.

use http::StatusCode;
use schemars::SchemaGenerator;
use serde_json::Value;

use super::{Content, Described, Method, Parameter};
use crate::{
    declaration::{Failure, Operation, Operations, Returns, Role},
    problem::schema,
    representation::Representations,
    site::deprecation,
};

/// An answer of a method.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The status; nothing where it may be any other.
    pub(crate) status: Option<u16>,
    pub(crate) description: String,
    /// The names of the header fields that it may have, beside those that every answer has.
    pub(crate) fields: Vec<&'static str>,
    pub(crate) media_types: Vec<&'static str>,
    pub(crate) schema: Option<Value>,
    /// Whether it is a problem document.
    pub(crate) problem: bool,
}

/// The media types of a problem.
pub(crate) const PROBLEM: [&str; 3] =
    ["application/problem+json", "application/problem+xml", "text/html"];

/// What is known of a method, to say what it answers.
struct Facts<'a> {
    resource: &'a Described<'a>,
    operation: &'a Operation,
    returns: Returns,
    has_etag: bool,
    has_date: bool,
    /// Whether a client can be told that it has what it asks for.
    is_conditional: bool,
    /// What else is asked before the method returns.
    hooks: Vec<Hook>,
}

/// Something that is asked besides the method, and of which a failure ends the request.
struct Hook {
    returns: Returns,
    /// Whether that nothing is there is no failure of it.
    may_find_nothing: bool,
}

/// The answers of a method, by status; that for any other comes last.
pub(super) fn of(
    resource: &Described<'_>,
    operation: &Operation,
    content: &Option<Content>,
    parameters: &[Parameter],
    generator: &mut SchemaGenerator,
) -> Vec<Answer> {
    let has = |role| resource.operations.operations.iter().any(|it| it.role == role);
    let has_etag = resource.mount.automatic_etag || has(Role::Etag);
    let has_date = has(Role::LastModified);
    let facts = Facts {
        resource,
        operation,
        returns: (operation.returns)(),
        has_etag,
        has_date,
        is_conditional: has_etag || has_date || has(Role::Exists),
        hooks: hooks(resource, operation),
    };
    let document = schema::schema(generator);
    let problem = |status, text: &str| problem(status, text, &document);
    let mut answers = facts.own(generator);
    if facts.returns.statuses.contains(&416) {
        answers.push(problem(Some(416), "There is nothing of the range that was asked for."));
    }
    let mut problems = Problems::default();
    let manners = resource.manners;
    let mut add = |status, description| problems.add(status, description);
    for failure in facts.returns.failures.into_iter().flatten() {
        add(failure.status, failure.documentation);
    }
    add(400, "The request breaks rules: the document lists all of them.");
    if !parameters.is_empty() || content.is_some() {
        add(manners.violations.as_u16(), "Parameters break rules: the document lists all of them.");
    }
    if facts.returns.optional {
        add(404, "There is none.");
    }
    for failure in facts.hooks.iter().flat_map(Hook::failures) {
        add(failure.status, failure.documentation);
    }
    if facts.returns.value.is_some() && !manners.sends_default {
        add(406, "The client accepts none of the representations that there are.");
    }
    add(412, "A precondition of the request fails.");
    add(413, "The content is over the limit.");
    if content.is_some() {
        add(415, "The content is of a media type or a content coding that is not read.");
    }
    add(500, "Something failed: the log says what, under the ID in the document.");
    for (status, text) in problems.0 {
        answers.push(problem(Some(status), text));
    }
    let mut answers = by_status(answers);
    let is_open = is_open(&facts.returns) || facts.hooks.iter().any(|it| is_open(&it.returns));
    if facts.writes_itself() {
        answers.push(anything());
    } else if is_open {
        answers.push(problem(None, "Any other problem."));
    }
    for answer in &mut answers {
        answer.fields.extend(deprecation(operation));
    }
    answers
}

/// What problems there are, of which the first with a status says what it means.
#[derive(Default)]
struct Problems(Vec<(u16, &'static str)>);

impl Problems {
    fn add(&mut self, status: u16, description: &'static str) {
        if self.0.iter().all(|(known, _)| *known != status) {
            self.0.push((status, description));
        }
    }
}

/// In the order of the status. There are few of them, and a sort would be compiled for them alone.
fn by_status(answers: Vec<Answer>) -> Vec<Answer> {
    let mut sorted: Vec<Answer> = Vec::with_capacity(answers.len());
    for answer in answers {
        let place = sorted.partition_point(|earlier| earlier.status <= answer.status);
        sorted.insert(place, answer);
    }
    sorted
}

/// The answers to `OPTIONS` of a resource with these methods, which looks at nothing of the request.
pub(super) fn of_options(methods: &[Method]) -> Vec<Answer> {
    let reads = |name| methods.iter().any(|it| it.method == name && it.content.is_some());
    let fields =
        [("Allow", true), ("Accept-Patch", reads("PATCH")), ("Accept-Post", reads("POST"))];
    let fields = fields.into_iter().filter_map(|(name, is_there)| is_there.then_some(name));
    let answer = |status, description: &str, fields| Answer {
        status: Some(status),
        description: description.to_owned(),
        fields,
        media_types: Vec::new(),
        schema: None,
        problem: false,
    };
    let malformed =
        "The request is none (RFC 9112, section 2.2): so says the server, without a document.";
    vec![answer(204, title(204), fields.collect()), answer(400, malformed, Vec::new())]
}

/// The fields that say that the method is to go, which every answer of it has.
fn deprecation(operation: &Operation) -> impl Iterator<Item = &'static str> {
    let told = deprecation::fields(operation.deprecation);
    let is_told = move |name: &&str| told.iter().any(|(told, _)| told == *name);
    ["Deprecation", "Sunset"].into_iter().filter(is_told)
}

/// How to log in, as `authorize` says it.
pub(super) fn challenges(operations: &Operations) -> Vec<&'static str> {
    let authorize = operations.operations.iter().find(|it| it.role == Role::Authorize);
    let returns = authorize.map(|authorize| (authorize.returns)());
    let failures: &[Failure] = returns.and_then(|returns| returns.failures).unwrap_or_default();
    let mut challenges = Vec::new();
    for challenge in failures.iter().filter_map(|failure| failure.challenge) {
        if !challenges.contains(&challenge) {
            challenges.push(challenge);
        }
    }
    challenges
}

impl Facts<'_> {
    /// What the method itself answers.
    fn own(&self, generator: &mut SchemaGenerator) -> Vec<Answer> {
        let mut answers: Vec<_> = self
            .returns
            .statuses
            .iter()
            .filter(|status| **status < 400)
            .map(|status| self.success(*status, generator))
            .collect();
        if self.is_get() && self.is_conditional {
            let mut answer = self.success(304, generator);
            answer.media_types.clear();
            answer.schema = None;
            answers.push(answer);
        }
        answers
    }

    fn success(&self, status: u16, generator: &mut SchemaGenerator) -> Answer {
        let Described { mount, operations, .. } = *self.resource;
        let has_content = self.returns.value.is_some();
        let representations = Representations::new(mount, operations, &self.returns);
        let media_types = representations.iter().filter(|_| has_content);
        let media_types: Vec<_> = media_types.flat_map(Representations::media_types).collect();
        let schema = self.returns.schema.map(|schema| schema(generator).to_value());
        let media_types = match self.returns.verbatim && !self.writes_itself() {
            true if status != 304 => vec!["*/*"],
            _ => media_types,
        };
        Answer {
            status: Some(status),
            description: title(status).to_owned(),
            fields: self.fields(status),
            media_types,
            schema,
            problem: false,
        }
    }

    fn fields(&self, status: u16) -> Vec<&'static str> {
        let mut fields = Vec::new();
        let mut add = |name, is_there: bool| fields.extend(is_there.then_some(name));
        let is_retrieved = self.is_get() && (status < 300 || status == 304);
        add("ETag", is_retrieved && self.has_etag);
        add("Last-Modified", is_retrieved && self.has_date);
        let is_fresh = self.operation.freshness.is_some() && (status < 300 || status == 304);
        add("Cache-Control", is_fresh);
        add("Expires", is_fresh);
        add("Vary", self.returns.value.is_some());
        add("Location", status == 201 || (300..400).contains(&status) && status != 304);
        add("Accept-Ranges", self.returns.statuses.contains(&206) && status < 300);
        add("Content-Range", status == 206);
        fields
    }

    fn is_get(&self) -> bool {
        self.operation.role == Role::Method("GET")
    }

    /// Whether the method returns a whole response, of which nobody knows the status and the content.
    fn writes_itself(&self) -> bool {
        self.returns.verbatim && self.returns.statuses == [200]
    }
}

/// The hooks of the resource; and its `get`, which gives the entity tag of what another method is about to change.
fn hooks(resource: &Described<'_>, operation: &Operation) -> Vec<Hook> {
    let all = || resource.operations.operations.iter();
    let hook = |operation: &Operation, may_find_nothing| Hook {
        returns: (operation.returns)(),
        may_find_nothing,
    };
    let hooks = all().filter(|it| !matches!(it.role, Role::Method(_)));
    let computes_etag = resource.mount.automatic_etag && all().all(|it| it.role != Role::Etag);
    let is_get = |it: &&Operation| it.role == Role::Method("GET") && it.role != operation.role;
    let retrieval = all().filter(|_| computes_etag).find(is_get);
    let hooks = hooks.map(|it| hook(it, false));
    hooks.chain(retrieval.map(|it| hook(it, true))).collect()
}

impl Hook {
    fn failures(&self) -> impl Iterator<Item = &'static Failure> {
        let may_find_nothing = self.may_find_nothing;
        let is_nothing = move |status| may_find_nothing && [404, 410].contains(&status);
        let failures = self.returns.failures.into_iter().flatten();
        failures.filter(move |failure| !is_nothing(failure.status))
    }
}

/// Whether there can be errors of which nobody knows what problems they are.
fn is_open(returns: &Returns) -> bool {
    returns.fails && returns.failures.is_none()
}

fn problem(status: Option<u16>, description: &str, schema: &Value) -> Answer {
    let described = match (description, status) {
        ("", Some(status)) => title(status),
        _ => description,
    };
    let mut fields = vec!["Vary"];
    fields.extend(match status {
        Some(401) => Some("WWW-Authenticate"),
        Some(405) => Some("Allow"),
        Some(413 | 429 | 503) => Some("Retry-After"),
        Some(415) => Some("Accept"),
        Some(416) => Some("Content-Range"),
        _ => None,
    });
    Answer {
        status,
        description: described.to_owned(),
        fields,
        media_types: PROBLEM.to_vec(),
        schema: Some(schema.clone()),
        problem: true,
    }
}

/// What is answered besides, where a method writes its responses itself.
fn anything() -> Answer {
    Answer {
        status: None,
        description: "Any other answer.".to_owned(),
        fields: Vec::new(),
        media_types: Vec::new(),
        schema: None,
        problem: false,
    }
}

fn title(status: u16) -> &'static str {
    let status = StatusCode::from_u16(status).ok();
    status.map_or("Problem", crate::problem::phrase)
}
