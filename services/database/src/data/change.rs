//! A change of the data of a user.

use http::Response;
use wsgiservice::{IdempotencyKey, Preconditions, Request};

use super::{Answer, Data, Done, Failure, Placement, kept};
use crate::{Row, Statement, Transaction, values};

/// How often a change is tried while its user is being placed.
const TRIES: usize = 4;

/// The version that a change has drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// The version.
    pub number: i64,
    /// When it was drawn, in milliseconds.
    pub at: i64,
}

/// Whose data a request changes, and its key.
#[derive(Clone, Debug)]
pub struct Change {
    user: String,
    key: Option<IdempotencyKey>,
}

/// Why a change has no effect.
enum Stopped {
    /// The user has no placement.
    Unplaced,
    /// The user was placed here after a version could not be drawn.
    PlacedMeanwhile,
    /// The request came before.
    Replayed(Answer),
    Failed(Failure),
}

impl Change {
    /// A change of the data of a user, by a request with this key.
    #[must_use]
    pub fn new(user: impl Into<String>, key: Option<IdempotencyKey>) -> Self {
        Self { user: user.into(), key }
    }
}

impl Data {
    /// Changes the data of a user: draws a version, and has the effect with it, once for each key.
    ///
    /// The order is: placement, key, and in the effect preconditions before what it writes. All is in one transaction, and
    /// only what was executed is kept: after a refusal, a request that comes again is judged anew.
    ///
    /// # Errors
    ///
    /// 421, 423 or 410 if the user cannot be written here, 422 if the key is that of another request, and what the effect
    /// returns.
    pub async fn change<W>(&self, change: Change, effect: W) -> Result<Done, Failure>
    where
        W: AsyncFn(&mut Transaction, Version) -> Result<Answer, Failure> + Clone + Send + 'static,
    {
        for _ in 0..TRIES {
            let (once, effect) = (change.clone(), effect.clone());
            let work = async move |transaction: &mut Transaction| {
                once.in_transaction(transaction, &effect).await
            };
            match self.0.database.write(work).await {
                Ok(answer) => {
                    self.0.relay.wake();
                    return Ok(Done { answer, is_replay: false });
                }
                Err(Stopped::Replayed(answer)) => return Ok(self.replayed(answer)),
                Err(Stopped::Failed(failure)) => return Err(failure),
                Err(Stopped::Unplaced) => self.welcome(&change.user).await?,
                Err(Stopped::PlacedMeanwhile) => {}
            }
        }
        Err(Failure::frozen())
    }

    /// The hook `admit` of a resource: responds to a change that came before, whose `If-Match` is stale, before its
    /// preconditions are evaluated. Those of another one with a key are left to its transaction.
    ///
    /// # Errors
    ///
    /// 421, 423 or 410 if the user cannot be written here, 422 if the key is that of another request.
    pub async fn admit(
        &self,
        request: &Request,
        user: &str,
        key: Option<IdempotencyKey>,
        preconditions: &Preconditions,
    ) -> Result<Option<Response<String>>, Failure> {
        if request.method().is_safe() {
            return Ok(None);
        }
        let kept = self.kept(user, key.as_ref()).await?;
        let Some(key) = &key else { return Ok(None) };
        // The same request may be executed just now, and then makes them false.
        preconditions.defer();
        let Some(row) = kept else { return Ok(None) };
        self.replayed(kept::answer(&row, key)?).into_response().map(Some)
    }

    /// Counts a request that has come again, for a service that keeps its answers itself.
    pub fn count_replay(&self) {
        self.0.replayed.add((), 1);
    }

    /// What a request was answered that comes again, which is counted.
    fn replayed(&self, answer: Answer) -> Done {
        self.count_replay();
        Done { answer, is_replay: true }
    }

    /// The hook `admit` of a method that reads a stream: with a key, the method alone decides, since only it knows the
    /// content. Its key has the digest of the content ([`IdempotencyKey::with_content`]).
    ///
    /// # Errors
    ///
    /// 421, 423 or 410 if the user cannot be written here.
    pub async fn admit_stream(
        &self,
        user: &str,
        key: Option<IdempotencyKey>,
        preconditions: &Preconditions,
    ) -> Result<(), Failure> {
        self.check_write(user).await?;
        if key.is_some() {
            preconditions.defer();
        }
        Ok(())
    }

    /// Finds out whether the data of a user can be changed here, before anything is done. One whom this service does not know is
    /// looked up.
    ///
    /// # Errors
    ///
    /// 421, 423 or 410 if they cannot.
    pub async fn check_write(&self, user: &str) -> Result<(), Failure> {
        self.kept(user, None).await.map(|_| ())
    }

    /// What is kept of a request with this key, if the user can be written here: that is judged before its key and its
    /// preconditions.
    async fn kept(&self, user: &str, key: Option<&IdempotencyKey>) -> Result<Option<Row>, Failure> {
        let key = key.map(IdempotencyKey::key).unwrap_or_default();
        let kept = Statement::new(kept::FIND, values![user, key]);
        let (placement, [rows]) = self.with_placement(user, [kept]).await?;
        match placement {
            Some(placement) => placement.check_write()?,
            None => self.welcome(user).await?,
        }
        Ok(rows.into_iter().next())
    }
}

impl Change {
    async fn in_transaction<W>(
        &self,
        transaction: &mut Transaction,
        effect: &W,
    ) -> Result<Answer, Stopped>
    where
        W: AsyncFn(&mut Transaction, Version) -> Result<Answer, Failure>,
    {
        let at = test_hooks::now();
        let draw = "UPDATE placement SET counter = counter + 1, written = ? \
                    WHERE user_id = ? AND state = 'here'";
        let drawn = transaction.execute(draw, &values![at, &self.user]).await?;
        let Some(placement) = Placement::find(transaction, &self.user).await? else {
            return Err(Stopped::Unplaced);
        };
        if drawn == 0 {
            placement.check_write()?;
            // The row came between the two statements: no version was drawn, and no other writer waits.
            return Err(Stopped::PlacedMeanwhile);
        }
        if let Some(key) = &self.key
            && let Some(row) =
                transaction.optional(kept::FIND, &values![&self.user, key.key()]).await?
        {
            return Err(Stopped::Replayed(kept::answer(&row, key)?));
        }
        let version = Version { number: placement.counter, at };
        let answer = effect(transaction, version).await?;
        if let Some(key) = &self.key {
            kept::keep(transaction, &self.user, key, &answer).await?;
        }
        Ok(answer)
    }
}

impl From<Failure> for Stopped {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<crate::Error> for Stopped {
    fn from(error: crate::Error) -> Self {
        Self::Failed(error.into())
    }
}
