//! What the hooks, or `get` in their place, report of the current state of a resource.

use http::{Method, StatusCode};
use wsgiservice_grammar::hook::Hook;

use super::calls::{self, Binder};
use crate::{
    answer::outcome::{Outcome, OutcomeContent},
    content::ReadContent,
    http::{date, entity_tag::EntityTag},
    preconditions::{Preconditions, Validators},
    problem::{Problem, violation::Violation},
    representation::{Variant, Writer},
    resource::{Call, CallOutput},
    site::SiteOperation,
};

/// The calls that report the current state, with their arguments; none has started.
pub(super) struct CurrentState<'a> {
    hooks: Vec<Call<'a>>,
    /// Calls of `get` before another method changes the resource, or the problem with their arguments.
    retrievals: Vec<Result<Call<'a>, Problem>>,
    computes_etag: bool,
    /// The problem with which `get` reported that there is nothing.
    absence: Option<Problem>,
}

impl<'a> Binder<'a> {
    /// Binds the calls that report the current state; `None` if nothing asks for it.
    pub(super) fn current_state(
        &self,
        content: &'a ReadContent,
        preconditions: &'a Preconditions,
        violations: &mut Vec<Violation>,
    ) -> Option<Box<CurrentState<'a>>> {
        let computes_etag = self.resource.computes_etag;
        if !(preconditions.is_stated() || computes_etag) && self.resource.hooks().is_empty() {
            return None;
        }
        let hooks = self.hooks(content, preconditions, violations);
        let retrievals = match self.resource.method(&Method::GET) {
            Some(get) if preconditions.is_stated() && !self.request.retrieves() => {
                if computes_etag {
                    self.all_seen(get, content, preconditions, violations)
                } else {
                    self.existence(get, content, preconditions).into_iter().collect()
                }
            }
            _ => Vec::new(),
        };
        Some(Box::new(CurrentState { hooks, retrievals, computes_etag, absence: None }))
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

    /// Calls of `get`, one per representation that the client may have seen, with `etag = auto`.
    ///
    /// If `get` cannot be called, its tag cannot be computed and the precondition cannot be checked; so violations in
    /// its arguments are violations of the request.
    fn all_seen(
        &self,
        get: &'a SiteOperation,
        content: &'a ReadContent,
        preconditions: &'a Preconditions,
        violations: &mut Vec<Violation>,
    ) -> Vec<Result<Call<'a>, Problem>> {
        let mut calls = Vec::new();
        for writer in writers_client_may_have_seen(get, preconditions) {
            let binder = Binder { writer, ..*self };
            calls.extend(binder.call(get, content, preconditions, violations).map(Ok));
        }
        calls
    }

    /// A call of `get` that finds whether there is something, if that can matter and no hook says so in any case.
    ///
    /// A violation in its arguments is reported only if the call turns out to be necessary.
    fn existence(
        &self,
        get: &'a SiteOperation,
        content: &'a ReadContent,
        preconditions: &'a Preconditions,
    ) -> Option<Result<Call<'a>, Problem>> {
        let matters = preconditions.ask_existence() || *self.request.method() == Method::DELETE;
        if !matters || self.resource.hook(Hook::Exists).is_some() {
            return None;
        }
        let writer = get.representations.default().map(|representation| representation.writer);
        let mut violations = Vec::new();
        let call = Binder { writer, ..*self }.call(get, content, preconditions, &mut violations);
        Some(call.ok_or_else(|| self.problem(violations)))
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

impl CurrentState<'_> {
    /// Asks the hooks, and `get` before another method.
    ///
    /// # Errors
    /// The problem that a hook, or `get`, returns.
    pub(super) async fn report(
        &mut self,
        preconditions: &Preconditions,
        validators: &mut Validators,
    ) -> Result<(), Problem> {
        for hook in &mut self.hooks {
            match hook.await? {
                CallOutput::Etag(etag) => validators.etag = etag,
                CallOutput::LastModified(time) => {
                    validators.last_modified = time.map(date::not_future);
                }
                CallOutput::Exists(exists) => validators.exists = Some(exists),
                CallOutput::Outcome(_) | CallOutput::Authorized(_) | CallOutput::Admitted(_) => {}
            }
        }
        if validators.has_any() {
            validators.exists.get_or_insert(true);
        }
        if self.computes_etag || validators.exists.is_none() {
            self.retrieve(preconditions, validators).await?;
        }
        Ok(())
    }

    /// Calls `get`; stops at the tag that the request states.
    async fn retrieve(
        &mut self,
        preconditions: &Preconditions,
        validators: &mut Validators,
    ) -> Result<(), Problem> {
        for call in std::mem::take(&mut self.retrievals) {
            match calls::outcome(&mut call?).await {
                Ok(outcome) => self.learn(&outcome, validators),
                Err(problem) if is_absence(&problem) => {
                    validators.exists.get_or_insert(false);
                    self.absence = Some(problem);
                }
                Err(problem) => return Err(problem),
            }
            if preconditions.matches_current(validators) {
                break;
            }
        }
        Ok(())
    }

    /// Learns from what `get` returned.
    pub(super) fn learn(&self, outcome: &Outcome, validators: &mut Validators) {
        let is_success = outcome.status.is_success();
        validators.exists.get_or_insert(is_success);
        if self.computes_etag && is_success {
            compute(validators, outcome);
        }
    }

    /// The problem with which `get` reported that there is nothing, or that of a hook that says so.
    pub(super) fn absence(&mut self, validators: &Validators) -> Option<Problem> {
        let is_absent = validators.exists == Some(false);
        is_absent.then(|| self.absence.take().unwrap_or_else(Problem::not_found))
    }
}

/// Computes the validators from what `get` returned.
pub(super) fn compute(validators: &mut Validators, outcome: &Outcome) {
    match &outcome.content {
        OutcomeContent::Represented(bytes) => validators.etag = Some(EntityTag::of_content(bytes)),
        OutcomeContent::Binary(binary) => {
            validators.etag = binary.tag();
            let modified = binary.last_modified().map(date::not_future);
            validators.last_modified = validators.last_modified.or(modified);
        }
        OutcomeContent::Nothing | OutcomeContent::Verbatim(_) | OutcomeContent::Events(_) => {}
    }
}

fn is_absence(problem: &Problem) -> bool {
    matches!(problem.status(), StatusCode::NOT_FOUND | StatusCode::GONE)
}
