//! The entity tag of the state that a `PUT`, a `PATCH` or a `POST` leaves behind (RFC 9110, section 8.8).

use http::{Method, StatusCode, header};
use wsgiservice_grammar::hook::Hook;

use super::{
    calls::{self, Binder},
    context::Context,
    current_state,
};
use crate::{
    answer::outcome::{Outcome, OutcomeContent},
    content::ReadContent,
    http::{entity_tag::EntityTag, loggable::LoggableCause},
    preconditions::{Preconditions, Validators},
    problem::Problem,
    resource::CallOutput,
    site::SiteOperation,
};

/// Whether the response to this request carries the tag of the new state of its target.
///
/// A 201 with a location is about another resource, and a 202 about no state yet.
pub(super) fn is_told(binder: &Binder<'_>, operation: &SiteOperation, outcome: &Outcome) -> bool {
    let changes_state =
        [StatusCode::OK, StatusCode::CREATED, StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT];
    let is_elsewhere = outcome.head.as_ref().is_some_and(|head| head.has_location());
    let has_location = is_elsewhere
        || match &outcome.content {
            OutcomeContent::Verbatim(verbatim) => verbatim.0.contains_key(header::LOCATION),
            _ => false,
        };
    operation.leaves_new_state()
        && binder.resource.has_etag()
        && changes_state.contains(&outcome.status)
        && !has_location
}

/// Asks the hook `etag` again, or computes the tag from what `get` now returns.
///
/// The change is done: if the tag cannot be had, the response goes without.
pub(super) async fn ask(
    context: &Context<'_>,
    binder: Binder<'_>,
    content: &ReadContent,
    preconditions: &Preconditions,
) -> Option<EntityTag> {
    let resource = binder.resource;
    let hook = resource.hook(Hook::Etag);
    let operation = hook.or_else(|| resource.method(&Method::GET))?;
    let writer = || Some(context.negotiated_by_get()?.representation?.writer);
    let binder = Binder { writer: writer(), ..binder };
    let mut call = binder.call(operation, content, preconditions, &mut Vec::new())?;
    let etag = match hook {
        Some(_) => call.await.map(|output| match output {
            CallOutput::Etag(etag) => etag,
            _ => None,
        }),
        None => calls::outcome(&mut call).await.map(|outcome| {
            let mut validators = Validators::default();
            current_state::compute(&mut validators, &outcome);
            validators.etag.filter(|_| outcome.status.is_success())
        }),
    };
    etag.unwrap_or_else(|problem| {
        warn(&problem);
        None
    })
}

fn warn(problem: &Problem) {
    if problem.status().is_server_error() {
        tracing::warn!(problem = %LoggableCause(&problem), "the response has no entity tag: the new state cannot be read");
    }
}
