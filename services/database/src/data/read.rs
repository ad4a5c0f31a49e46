//! Reading the data of a user.

use super::{Data, Failure, Placement};

/// How often it is read again because the user was moved meanwhile.
const TRIES: usize = 3;

impl Data {
    /// Reads the data of a user, if they are here. A user without a placement has none.
    ///
    /// The placement is looked at before and after: rows that go while they are looked for are moved, not missing.
    ///
    /// # Errors
    ///
    /// 421, 423 or 410 if the user cannot be read here, and what the function returns.
    pub async fn read<T, F>(&self, user: &str, read: impl Fn() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut before = self.placement(user).await?;
        for _ in 0..TRIES {
            if let Some(placement) = &before {
                placement.check_read()?;
            }
            let result = read().await;
            let after = self.placement(user).await?;
            let placed = |it: &Placement| (it.state, it.version);
            if before.as_ref().map(placed) == after.as_ref().map(placed) {
                return result;
            }
            before = after;
        }
        Err(Failure::frozen())
    }
}
