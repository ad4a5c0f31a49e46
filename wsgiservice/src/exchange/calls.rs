//! The calls of an exchange: arguments are bound first, so that all violations are reported before anything runs.

use http::{Method, StatusCode};
use wsgiservice_grammar::hook::Hook;

use crate::{
    answer::outcome::{Outcome, OutcomeContent},
    content::ReadContent,
    http::{date, entity_tag::EntityTag, request::Request},
    parameters::Arguments,
    preconditions::{Preconditions, Validators},
    problem::{Problem, violation::Violation},
    representation::{Variant, Writer},
    resource::{Call, CallOutput},
    routing::Variables,
    site::{SiteOperation, SiteResource},
};

/// What the arguments of every call are taken from.
#[derive(Clone, Copy)]
pub(super) struct Binder<'a> {
    pub(super) resource: &'a SiteResource,
    pub(super) request: &'a Request,
    pub(super) variables: Variables<'a>,
    pub(super) writer: Option<Writer>,
}

/// The calls of an exchange, with their arguments; none has started.
pub(super) struct BoundCalls<'a> {
    method: Call<'a>,
    /// The hooks that report the present state.
    hooks: Vec<Call<'a>>,
    /// Calls of `get`, one per representation that the client may have seen; they compute the current tags before
    /// another method changes the resource.
    retrievals: Vec<Call<'a>>,
}

impl<'a> Binder<'a> {
    /// Asks the hook `authorize`, if there is one, whether the request is allowed.
    ///
    /// # Errors
    /// The problem that the hook returns, or one with all its violations.
    pub(super) async fn authorize(&self) -> Result<(), Problem> {
        let Some(hook) = self.resource.hook(Hook::Authorize) else { return Ok(()) };
        let (no_content, no_preconditions) = (ReadContent::default(), Preconditions::default());
        let mut violations = Vec::new();
        match self.call(hook, &no_content, &no_preconditions, &mut violations) {
            Some(call) => call.await.map(|_| ()),
            None => Err(self.problem(violations)),
        }
    }

    /// The problem with all the violations.
    fn problem(&self, violations: Vec<Violation>) -> Problem {
        Problem::violations(self.resource.policy.violations, violations)
    }

    /// Binds everything that the exchange will call.
    ///
    /// # Errors
    /// A problem with all the violations of the request.
    pub(super) fn bind(
        &self,
        operation: &'a SiteOperation,
        content: &'a ReadContent,
        preconditions: &'a Preconditions,
    ) -> Result<BoundCalls<'a>, Problem> {
        let mut violations = Vec::new();
        let method = self.call(operation, content, preconditions, &mut violations);
        let hooks = self.hooks(content, preconditions, &mut violations);
        let retrievals = self.retrievals(content, preconditions, &mut violations);
        match (method, violations.is_empty()) {
            (Some(method), true) => Ok(BoundCalls { method, hooks, retrievals }),
            _ => Err(self.problem(violations)),
        }
    }

    fn hooks(
        &self,
        content: &'a ReadContent,
        preconditions: &'a Preconditions,
        violations: &mut Vec<Violation>,
    ) -> Vec<Call<'a>> {
        let is_conditional = preconditions.is_stated();
        let asked: &[Hook] = match (is_conditional, self.request.retrieves()) {
            (true, _) => &[Hook::Etag, Hook::LastModified, Hook::Exists],
            (false, true) => &[Hook::Etag, Hook::LastModified],
            (false, false) => &[],
        };
        let hooks = asked.iter().filter_map(|hook| self.resource.hook(*hook));
        hooks.filter_map(|hook| self.call(hook, content, preconditions, violations)).collect()
    }

    /// If `get` cannot be called, its tag cannot be computed and the precondition cannot be checked; so violations in
    /// its arguments are violations of the request.
    fn retrievals(
        &self,
        content: &'a ReadContent,
        preconditions: &'a Preconditions,
        violations: &mut Vec<Violation>,
    ) -> Vec<Call<'a>> {
        let computes = self.resource.computes_etag && !self.request.retrieves();
        if !computes || !preconditions.is_stated() {
            return Vec::new();
        }
        let Some(get) = self.resource.method(&Method::GET) else { return Vec::new() };
        let writers = writers_client_may_have_seen(get, preconditions).into_iter();
        let calls = writers.map(|writer| {
            let binder = Binder { writer, ..*self };
            binder.call(get, content, preconditions, violations)
        });
        calls.collect::<Vec<_>>().into_iter().flatten().collect()
    }

    /// Binds one call; `None` if there are violations.
    fn call(
        &self,
        operation: &'a SiteOperation,
        content: &'a ReadContent,
        preconditions: &'a Preconditions,
        violations: &mut Vec<Violation>,
    ) -> Option<Call<'a>> {
        let mut arguments = Arguments::new(
            &operation.parameters,
            self.request,
            content,
            self.variables,
            preconditions,
            self.writer,
        );
        let call = self.resource.resource.bind(operation.position, &mut arguments);
        for violation in arguments.into_violations() {
            if !violations.contains(&violation) {
                violations.push(violation);
            }
        }
        call
    }
}

/// The writers of the representations whose tags the preconditions state, or else that of the default one.
fn writers_client_may_have_seen(
    get: &SiteOperation,
    preconditions: &Preconditions,
) -> Vec<Option<Writer>> {
    let mut seen: Vec<&'static str> = Vec::new();
    let mut writers = Vec::new();
    for representation in get.representations.iter() {
        let plain = Variant::plain(representation.extension);
        let is_stated = preconditions.mentions(plain)
            || plain.all_coded().any(|variant| preconditions.mentions(variant));
        if is_stated && !seen.contains(&representation.extension) {
            seen.push(representation.extension);
            writers.push(Some(representation.writer));
        }
    }
    if writers.is_empty() {
        writers.push(get.representations.default().map(|representation| representation.writer));
    }
    writers
}

impl BoundCalls<'_> {
    /// Calls the method.
    ///
    /// # Errors
    /// The problem that the method returns.
    pub(super) async fn method(&mut self) -> Result<Outcome, Problem> {
        outcome(&mut self.method).await
    }

    /// Runs the hooks, or computes the entity tag if the resource declares `etag = auto`. Returns the outcome of a
    /// `GET` whose tag was computed from it.
    ///
    /// # Errors
    /// The problem that a hook, or `get`, returns.
    pub(super) async fn validators(
        &mut self,
        resource: &SiteResource,
        request: &Request,
        preconditions: &Preconditions,
        validators: &mut Validators,
    ) -> Result<Option<Outcome>, Problem> {
        let exists = self.ask_hooks(validators).await?;
        let mut early = None;
        if resource.computes_etag && request.retrieves() {
            let outcome = self.method().await?;
            compute(validators, &outcome);
            early = Some(outcome);
        } else {
            self.retrieve(preconditions, validators).await?;
        }
        validators.exists = exists.unwrap_or(validators.has_any());
        Ok(early)
    }

    /// Whether the resource exists, if it has a hook for that.
    async fn ask_hooks(&mut self, validators: &mut Validators) -> Result<Option<bool>, Problem> {
        let mut exists = None;
        for hook in &mut self.hooks {
            match hook.await? {
                CallOutput::Etag(etag) => validators.etag = etag,
                CallOutput::LastModified(time) => {
                    validators.last_modified = time.map(date::not_future);
                }
                CallOutput::Exists(it_exists) => exists = Some(it_exists),
                CallOutput::Outcome(_) | CallOutput::Authorized => {}
            }
        }
        Ok(exists)
    }

    /// Computes the tags that the client may have seen; stops at the one that the request states.
    async fn retrieve(
        &mut self,
        preconditions: &Preconditions,
        validators: &mut Validators,
    ) -> Result<(), Problem> {
        for call in &mut self.retrievals {
            match outcome(call).await {
                Ok(outcome) => compute(validators, &outcome),
                Err(problem) if is_not_found(&problem) => {}
                Err(problem) => return Err(problem),
            }
            if preconditions.matches_current(validators) {
                break;
            }
        }
        Ok(())
    }
}

async fn outcome(call: &mut Call<'_>) -> Result<Outcome, Problem> {
    match call.await? {
        CallOutput::Outcome(outcome) => Ok(outcome),
        output => Err(Problem::internal(format!("a method returned {output:?}"))),
    }
}

/// Computes the validators from what `get` returned.
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

fn is_not_found(problem: &Problem) -> bool {
    matches!(problem.status(), StatusCode::NOT_FOUND | StatusCode::GONE)
}
