//! The calls of an exchange: arguments are bound first, so that all violations are reported before anything runs.

use std::{future::Future, pin::Pin};

use wsgiservice_grammar::hook::Hook;

use super::current_state::CurrentState;
use crate::{
    answer::outcome::Outcome,
    content::ReadContent,
    http::incoming::Request,
    parameters::{Arguments, authorized::Principal},
    preconditions::{Preconditions, Validators},
    problem::{Problem, violation::Violation},
    representation::Writer,
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
    /// What `authorize` returned.
    pub(super) principal: Option<&'a Principal>,
    pub(super) writer: Option<Writer>,
}

/// The calls of an exchange, with their arguments; none has started.
pub(super) struct BoundCalls<'a> {
    method: Call<'a>,
    /// The hook `admit`.
    pub(super) admit: Option<Call<'a>>,
    pub(super) state: Option<Box<CurrentState<'a>>>,
}

impl<'a> Binder<'a> {
    /// Asks the hook `authorize`, or what authorizes the application, whether the request is allowed, and who it comes from.
    ///
    /// # Errors
    /// The problem that the hook returns, or one with all its violations.
    pub(super) async fn authorize(&self) -> Result<Option<Principal>, Problem> {
        let Some(hook) = self.resource.hook(Hook::Authorize) else {
            return match &self.resource.authorizer {
                Some(authorizer) => authorizer.authorize(self.request).await,
                None => Ok(None),
            };
        };
        let (no_content, no_preconditions) = (ReadContent::default(), Preconditions::default());
        let mut violations = Vec::new();
        match self.call(hook, &no_content, &no_preconditions, &mut violations) {
            Some(call) => match call.await? {
                CallOutput::Authorized(principal) => Ok(principal),
                output => Err(Problem::internal(format!("`authorize` returned {output:?}"))),
            },
            None => Err(self.problem(violations)),
        }
    }

    /// The problem with all the violations.
    pub(super) fn problem(&self, violations: Vec<Violation>) -> Problem {
        Problem::violations(self.resource.policy.violations, violations)
    }

    /// The problem with all the violations, and with a hint if the media type of the content may be their cause.
    fn problem_with_hint(&self, violations: Vec<Violation>, content: &ReadContent) -> Problem {
        let hints = violations.iter().any(Violation::may_depend_on_content)
            && content.looks_like_json_in_form();
        let problem = self.problem(violations);
        match hints {
            true => problem.with_hint(
                "The content looks like JSON, which needs `Content-Type: application/json`.",
            ),
            false => problem,
        }
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
        let admit = match self.resource.may_respond_early {
            true => self.admit(content, preconditions, &mut violations),
            false => None,
        };
        let state = self.current_state(content, preconditions, &mut violations);
        if let Some(violation) = content.violation()
            && !violations.contains(violation)
        {
            violations.push(violation.clone());
        }
        self.report_undeclared(operation, content, &mut violations);
        match (method, violations.is_empty()) {
            (Some(method), true) => Ok(BoundCalls { method, admit, state }),
            _ => Err(self.problem_with_hint(violations, content)),
        }
    }

    #[cold]
    fn admit(
        &self,
        content: &'a ReadContent,
        preconditions: &'a Preconditions,
        violations: &mut Vec<Violation>,
    ) -> Option<Call<'a>> {
        self.call(self.resource.hook(Hook::Admit)?, content, preconditions, violations)
    }

    /// Binds what does not need the content.
    ///
    /// # Errors
    /// A problem with the violations that no content can mend.
    pub(super) fn bind_without_content(
        &self,
        operation: &'a SiteOperation,
        no_content: &'a ReadContent,
        preconditions: &'a Preconditions,
    ) -> Result<Option<Box<CurrentState<'a>>>, Problem> {
        let mut violations = Vec::new();
        let _ = self.call(operation, no_content, preconditions, &mut violations);
        violations.retain(|violation| !violation.may_depend_on_content());
        let state = self.current_state(no_content, preconditions, &mut violations);
        self.report_undeclared(operation, no_content, &mut violations);
        if violations.is_empty() { Ok(state) } else { Err(self.problem(violations)) }
    }

    /// Reports names that the resource denies, because no parameter has them.
    #[inline(always)]
    fn report_undeclared(
        &self,
        operation: &SiteOperation,
        content: &ReadContent,
        violations: &mut Vec<Violation>,
    ) {
        if let Some(accepted) = &operation.accepted_names {
            violations.extend(accepted.violations(self.request, content));
        }
    }

    /// Binds one call; `None` if there are violations.
    pub(super) fn call(
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
            self.principal,
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

impl BoundCalls<'_> {
    /// Calls the method.
    ///
    /// # Errors
    /// The problem that the method returns.
    pub(super) async fn method(&mut self) -> Result<Outcome, Problem> {
        outcome(&mut self.method).await
    }

    /// Collects the validators. Returns the outcome of a `GET` that had to be called for them: because its tag is
    /// computed from it, or because nothing else tells whether it exists.
    ///
    /// # Errors
    /// The problem that a hook, or `get`, returns.
    pub(super) async fn validators(
        &mut self,
        binder: &Binder<'_>,
        preconditions: &Preconditions,
        validators: &mut Validators,
    ) -> Result<Option<Outcome>, Problem> {
        let Some(state) = &mut self.state else { return Ok(None) };
        state.report(preconditions, validators).await?;
        let is_unknown = validators.exists.is_none() && preconditions.ask_existence();
        let is_needed = binder.resource.computes_etag || is_unknown;
        if !(is_needed && binder.request.retrieves()) {
            return Ok(None);
        }
        let outcome = outcome(&mut self.method).await?;
        state.learn(&outcome, validators);
        Ok(Some(outcome))
    }
}

/// Asks the hook `admit` whether the request goes on; boxed, because the future would enlarge that of every request.
///
/// # Errors
/// The problem that the hook returns.
#[cold]
pub(super) fn early_response(
    admit: Call<'_>,
) -> Pin<Box<dyn Future<Output = Result<Option<Outcome>, Problem>> + Send + '_>> {
    Box::pin(async move {
        match admit.await? {
            CallOutput::Admitted(response) => Ok(response.map(|response| *response)),
            output => Err(Problem::internal(format!("`admit` returned {output:?}"))),
        }
    })
}

pub(super) async fn outcome(call: &mut Call<'_>) -> Result<Outcome, Problem> {
    match call.await? {
        CallOutput::Outcome(outcome) => Ok(outcome),
        output => Err(Problem::internal(format!("a method returned {output:?}"))),
    }
}
