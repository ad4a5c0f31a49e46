//! The end of a batch of which a step has failed.

use database::{
    Transaction,
    data::{Answer as Committed, Version},
};

use super::{Outcome, Runner, Stopped, call::Verdict, finish::step_failed, inverse::Undo};
use crate::{
    answer::Answer,
    database::{Ended, State, Ticket},
    work::Inverse,
};

impl Runner {
    /// Undoes the steps before the one that has failed, the last one first. What others have changed since is kept.
    pub(super) async fn compensate(&self, ticket: &Ticket) -> Outcome {
        let (mut compensated, mut kept) = (Vec::new(), Vec::new());
        let done: Vec<_> = ticket.progress.done.iter().enumerate().collect();
        for (index, done) in done.into_iter().rev() {
            let Some(step) = ticket.work.steps.get(index) else { continue };
            let image = ticket.progress.images.get(index).and_then(Option::as_ref);
            match Undo::of(step, image, done) {
                Undo::Nothing => {}
                Undo::Unavailable => kept.push(step.path.clone()),
                Undo::By(path, inverse) => {
                    let is_undone = self.undo_step(ticket, index, (&path, &inverse)).await?;
                    let paths = if is_undone { &mut compensated } else { &mut kept };
                    paths.push(path);
                    self.reached("command::after_inverse").await;
                }
            }
        }
        let failure = ticket.progress.failure.as_ref();
        let answer = failure.map(|failure| step_failed(failure, &compensated, &kept));
        let answer = answer.unwrap_or_else(|| Answer::json(424, "application/json", &()));
        self.end_compensated(ticket, answer).await
    }

    async fn undo_step(
        &self,
        ticket: &Ticket,
        index: usize,
        (path, inverse): (&str, &Inverse),
    ) -> Result<bool, Stopped> {
        let Some(call) = inverse.call(path, &inverse.expected()) else { return Ok(true) };
        let key = format!("{}-c{}", ticket.id, index + 1);
        Ok(matches!(self.ask(ticket, &key, &call).await?, Verdict::Done(_)))
    }

    async fn end_compensated(&self, ticket: &Ticket, answer: Answer) -> Outcome {
        let ended = Ended { from: ticket.state, to: State::Ended, answer: Some(answer.clone()) };
        let compensated = ticket.clone();
        let end = async move |transaction: &mut Transaction, version: Version| {
            compensated.end(transaction, &ended).await?;
            Ok(Committed::no_content(version))
        };
        self.commit(&ticket.user, end).await?;
        self.reached("command::after_end").await;
        Ok(answer)
    }
}
