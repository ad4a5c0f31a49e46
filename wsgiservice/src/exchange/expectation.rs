//! Requests with `Expect: 100-continue` (RFC 9110, section 10.1.1).
//!
//! The server sends the 100 when the content is first read. So whatever can end the exchange without the content is
//! decided before that, and the client does not send content for a 400 or a 412. The validators are collected again
//! afterwards, because the resource may change while the content arrives.

use super::{calls::Binder, context::Context};
use crate::{
    content::ReadContent,
    preconditions::{Evaluation, Preconditions, Validators},
    problem::Problem,
    site::SiteOperation,
};

/// Decides all that the content cannot change.
///
/// # Errors
/// A problem with the violations in the path, the query and the header fields, the problem of a hook, or a 412.
pub(super) async fn decide(
    context: &mut Context<'_>,
    binder: Binder<'_>,
    operation: &SiteOperation,
    preconditions: &Preconditions,
) -> Result<(), Problem> {
    let no_content = ReadContent::default();
    let mut state = binder.bind_without_content(operation, &no_content, preconditions)?;
    // The hook `admit` may respond in spite of a false precondition, and it may need the content.
    if binder.resource.may_respond_early {
        return Ok(());
    }
    if let Some(state) = &mut state {
        state.report(preconditions, &mut context.validators).await?;
    }
    if preconditions.evaluate(&context.validators) == Evaluation::Failed {
        return Err(context.refusal(preconditions, state));
    }
    context.validators = Validators::default();
    Ok(())
}
