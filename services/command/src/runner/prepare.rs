//! The beginning of a change or a batch: what was there before, and the first commit.

use database::{
    Transaction,
    data::{Answer as Committed, Failure, Version},
};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use super::{
    DAY, Outcome, Runner, Stopped,
    call::Reply,
    conditions::restore,
    finish::step_failed,
    image::{Lookup, fitting, size},
};
use crate::{
    database::{Found, State, Ticket, new_id},
    refusal::Refusal,
    work::{Image, Kind, Method, Progress, Request, Step, StepFailure, Work},
};

/// What a client asks for.
#[derive(Clone, Debug)]
pub(crate) struct NewCommand {
    pub(crate) user: String,
    pub(crate) key: String,
    pub(crate) fingerprint: String,
    pub(crate) work: Work,
}

impl Runner {
    /// Begins a change or a batch.
    pub(crate) fn begin(&self, asked: NewCommand) -> Result<oneshot::Receiver<Outcome>, Refusal> {
        self.check_user(&asked.user)?;
        let id = new_id();
        let running = self.running(&asked.user, &id, asked.work.size())?;
        let runner = self.clone();
        Ok(self.spawn(running, async move { runner.prepare(asked, id).await }))
    }

    async fn prepare(&self, asked: NewCommand, id: String) -> Outcome {
        let (images, _places) = self.images(&asked).await?;
        self.reached("command::after_image").await;
        let ticket = Ticket {
            user: asked.user,
            id,
            request_key: asked.key,
            fingerprint: asked.fingerprint,
            state: State::Prepared,
            owner: self.worker().id.clone(),
            created: test_hooks::now(),
            undoes: None,
            work: asked.work,
            progress: Progress { images, ..Progress::default() },
        };
        let inserted = ticket.clone();
        let insert = async move |transaction: &mut Transaction, version: Version| {
            let Ticket { user, request_key, id, .. } = &inserted;
            match Found::in_transaction(transaction, user, request_key).await? {
                None => inserted.insert(transaction).await?,
                // This commit is tried again.
                Some(found) if found.id == *id => {}
                Some(_) => return Err(Failure::Changed),
            }
            Ok(Committed::no_content(version))
        };
        self.commit_first(&ticket.user, insert).await?;
        self.reached("command::after_prepare").await;
        self.apply(ticket).await
    }

    /// What is there before each step, if the preconditions of the client are true of it, and the places that it takes.
    async fn images(
        &self,
        asked: &NewCommand,
    ) -> Result<(Vec<Option<Image>>, OwnedSemaphorePermit), Stopped> {
        let mut images = Vec::with_capacity(asked.work.steps.len());
        let mut places = self.places(0)?;
        for (index, step) in asked.work.steps.iter().enumerate() {
            if !step.needs_image() {
                images.push(None);
                continue;
            }
            match self.look(&asked.user, &step.path).await {
                Lookup::Image(image) if step.is_ensured() => {
                    images.push(Some(image.without_content()));
                }
                Lookup::Image(image) if step.may_change(&image) => {
                    images.push(Some(fitting(image, &images, index)));
                    self.take_more(&mut places, size(&images))?;
                }
                Lookup::Image(_) => {
                    return Err(refused(&asked.work, index, Reply::of_status(412)));
                }
                Lookup::Refused(reply) => return Err(refused(&asked.work, index, reply)),
                Lookup::Unknown(error) => return Err(Refusal::Unreachable(error).into()),
            }
        }
        Ok((images, places))
    }
}

/// The end of a command of which nothing was executed.
pub(super) fn refused(work: &Work, index: usize, reply: Reply) -> Stopped {
    Stopped::Answered(match work.kind {
        Kind::Change => reply.into_answer(),
        _ => step_failed(failure(work, index, &reply), Vec::new(), Vec::new()),
    })
}

/// Why a command has failed.
pub(super) fn failure(work: &Work, index: usize, reply: &Reply) -> StepFailure {
    let path = work.steps.get(index).map(|step| step.path.clone()).unwrap_or_default();
    StepFailure { step: index + 1, path, status: reply.status, problem: reply.problem() }
}

impl Step {
    /// Whether it matters what is there before.
    pub(super) fn needs_image(&self) -> bool {
        self.request().is_none_or(|request| request.method != Method::Post)
    }

    /// Whether it is a success if it exists already.
    pub(super) fn is_ensured(&self) -> bool {
        self.request().is_some_and(|request| request.ensure)
    }

    /// Whether the preconditions of the client are true of what is there.
    pub(super) fn may_change(&self, image: &Image) -> bool {
        let are_true =
            |request: &Request| request.conditions.are_true(image, restore(&request.query));
        self.request().is_none_or(are_true)
    }
}

impl Ticket {
    /// Whether it is too late to ask for a step again: its key may be forgotten.
    pub(super) fn is_too_old(&self) -> bool {
        test_hooks::rule("command::retention") && self.created < test_hooks::now() - DAY
    }
}
