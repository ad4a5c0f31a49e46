//! Hashes passwords with Argon2id and the parameters that OWASP recommends.

use std::sync::Arc;

use argon2::{
    Argon2,
    password_hash::{self, PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::sync::Semaphore;
use wsgiservice::Secret;

/// Hashes at most one password per core at a time, because each hash is slow and takes 19 MiB.
#[derive(Clone)]
pub(crate) struct Passwords {
    cores: Arc<Semaphore>,
    /// Those that are hashed, and those that wait for a core.
    places: Arc<Semaphore>,
    /// The hash to verify against if the user is unknown.
    hash_for_unknown_user: Arc<str>,
}

/// How many passwords may wait for a core. Clients that give up leave at most this much work behind: half a second.
const MAX_WAITING: usize = 32;

/// Why a password cannot be hashed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    #[error("too many passwords wait")]
    Busy,
    #[error("cannot hash the password")]
    Hash(#[from] password_hash::Error),
    #[error("a stored password hash is invalid")]
    Stored(#[from] password_hash::phc::Error),
    #[error(transparent)]
    Stopped(#[from] tokio::task::JoinError),
    #[error(transparent)]
    Closed(#[from] tokio::sync::AcquireError),
}

impl Passwords {
    pub(crate) fn new() -> Result<Self, PasswordError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let hash_for_unknown_user = hash("nobody's password")?.into();
        Ok(Self {
            cores: Arc::new(Semaphore::new(cores)),
            places: Arc::new(Semaphore::new(cores + MAX_WAITING)),
            hash_for_unknown_user,
        })
    }

    /// The hash of a password, with its salt and parameters.
    pub(crate) async fn hash(&self, password: Secret<String>) -> Result<String, PasswordError> {
        self.work(move || hash(password.expose())).await
    }

    /// Whether this password has the stored hash; takes the same time for an unknown user.
    pub(crate) async fn verify(
        &self,
        password: Secret<String>,
        stored: Option<String>,
    ) -> Result<bool, PasswordError> {
        let is_known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.hash_for_unknown_user.to_string());
        let is_right = self.work(move || {
            let stored = PasswordHash::new(&stored)?;
            let password = password.expose().as_bytes();
            Ok(Argon2::default().verify_password(password, &stored).is_ok())
        });
        Ok(is_right.await? && is_known)
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, PasswordError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let _place = self.places.try_acquire().map_err(|_| PasswordError::Busy)?;
        let core = Arc::clone(&self.cores).acquire_owned().await?;
        tokio::task::spawn_blocking(move || {
            let _core = core;
            work()
        })
        .await?
    }
}

fn hash(password: &str) -> Result<String, PasswordError> {
    Ok(Argon2::default().hash_password(password.as_bytes())?.to_string())
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_is_verified() {
        let passwords = Passwords::new().expect("a hash");
        let stored = passwords.hash(secret("right")).await.expect("a hash");
        assert!(stored.starts_with("$argon2id$"), "{stored}");
        let verify =
            async |text, stored| passwords.verify(secret(text), stored).await.expect("work");
        assert!(verify("right", Some(stored.clone())).await);
        assert!(!verify("wrong", Some(stored)).await);
        assert!(!verify("nobody's password", None).await);
    }

    #[tokio::test]
    async fn only_some_passwords_wait() {
        let passwords = Passwords::new().expect("a hash");
        let cores = u32::try_from(passwords.cores.available_permits()).expect("a few cores");
        let _busy = passwords.cores.acquire_many(cores).await.expect("all cores");
        let waiting: Vec<_> = (0..MAX_WAITING + cores as usize)
            .map(|_| {
                let mut hashed = Box::pin(passwords.hash(secret("any")));
                assert!((&mut hashed).now_or_never().is_none());
                hashed
            })
            .collect();
        let refused = passwords.hash(secret("any")).now_or_never();
        assert!(matches!(refused, Some(Err(PasswordError::Busy))));
        drop(waiting);
        assert!(passwords.hash(secret("any")).now_or_never().is_none());
    }

    #[tokio::test]
    async fn an_unknown_user_takes_the_same_work() {
        let passwords = Passwords::new().expect("a hash");
        let cores = u32::try_from(passwords.cores.available_permits()).expect("a few cores");
        let busy = passwords.cores.acquire_many(cores).await.expect("all cores");
        for stored in [None, Some(passwords.hash_for_unknown_user.to_string())] {
            let verified = passwords.verify(secret("any"), stored).now_or_never();
            assert!(verified.is_none(), "it waits for a core, like any other work");
        }
        drop(busy);
    }
}
