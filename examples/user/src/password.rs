//! Hashes passwords, as many at a time as there are cores.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::sync::Semaphore;
use wsgiservice::{Secret, statistics::Histogram};

use crate::argon2id::{self, HashError, Memory};

/// Hashes at most one password per core at a time, because each hash is slow and takes 19 MiB.
#[derive(Clone)]
pub(crate) struct Passwords {
    cores: Arc<Semaphore>,
    memory: Arc<SpareMemory>,
    /// Those that are hashed, and those that wait for a core.
    places: Arc<Semaphore>,
    /// The hash to verify against if the user is unknown.
    hash_for_unknown_user: Arc<str>,
    /// How long passwords took, with their wait for a core.
    pub(crate) hashing: Histogram,
}

/// How many passwords may wait for a core: half a second of work.
const MAX_WAITING: usize = 32;

/// The memory of the cores that hash nothing now. It is kept, because an allocator may keep what each thread has freed.
#[derive(Default)]
struct SpareMemory(Mutex<Vec<Memory>>);

/// Why a password cannot be hashed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    #[error("too many passwords wait")]
    Busy,
    #[error("the client is gone")]
    GivenUp,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Stopped(#[from] tokio::task::JoinError),
    #[error(transparent)]
    Closed(#[from] tokio::sync::AcquireError),
}

impl Passwords {
    pub(crate) fn new() -> Result<Self, PasswordError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let memory = Arc::<SpareMemory>::default();
        let hash_for_unknown_user =
            memory.lend(|memory| argon2id::hash("nobody's password", memory))?.into();
        Ok(Self {
            cores: Arc::new(Semaphore::new(cores)),
            memory,
            places: Arc::new(Semaphore::new(cores + MAX_WAITING)),
            hash_for_unknown_user,
            hashing: Histogram::new(
                "password_hash_duration_seconds",
                "How long it took to hash a password, with its wait for a core.",
            ),
        })
    }

    /// The hash of a password, with its salt and parameters.
    pub(crate) async fn hash(
        &self,
        password: Secret<String>,
        is_given_up: impl Fn() -> bool,
    ) -> Result<String, PasswordError> {
        self.work(is_given_up, move |memory| argon2id::hash(password.expose(), memory)).await
    }

    /// Whether this password has the stored hash; takes the same time for an unknown user.
    pub(crate) async fn verify(
        &self,
        password: Secret<String>,
        stored: Option<String>,
        is_given_up: impl Fn() -> bool,
    ) -> Result<bool, PasswordError> {
        let is_known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.hash_for_unknown_user.to_string());
        let is_right = self
            .work(is_given_up, move |memory| argon2id::verify(password.expose(), &stored, memory));
        Ok(is_right.await? && is_known)
    }

    /// Works on a core when one is free, unless it is given up by then.
    async fn work<T: Send + 'static>(
        &self,
        is_given_up: impl Fn() -> bool,
        work: impl FnOnce(&mut Memory) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, PasswordError> {
        let begun = Instant::now();
        let _place = self.places.try_acquire().map_err(|_| PasswordError::Busy)?;
        let core = Arc::clone(&self.cores).acquire_owned().await?;
        if is_given_up() {
            return Err(PasswordError::GivenUp);
        }
        let memory = Arc::clone(&self.memory);
        let done = tokio::task::spawn_blocking(move || {
            let _core = core;
            memory.lend(work)
        });
        let done = done.await??;
        self.hashing.record((), begun.elapsed());
        Ok(done)
    }
}

impl SpareMemory {
    fn lend<T>(&self, work: impl FnOnce(&mut Memory) -> T) -> T {
        let mut memory = self.spare().pop().unwrap_or_default();
        let done = work(&mut memory);
        self.spare().push(memory);
        done
    }

    fn spare(&self) -> MutexGuard<'_, Vec<Memory>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::pin,
        sync::atomic::{AtomicBool, Ordering},
    };

    use futures_util::FutureExt;

    use super::*;

    const WAITS: fn() -> bool = || false;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_is_verified() {
        let passwords = Passwords::new().expect("a hash");
        let stored = passwords.hash(secret("right"), WAITS).await.expect("a hash");
        assert!(stored.starts_with("$argon2id$"), "{stored}");
        let verify =
            async |text, stored| passwords.verify(secret(text), stored, WAITS).await.expect("work");
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
                let mut hashed = Box::pin(passwords.hash(secret("any"), WAITS));
                assert!((&mut hashed).now_or_never().is_none());
                hashed
            })
            .collect();
        let refused = passwords.hash(secret("any"), WAITS).now_or_never();
        assert!(matches!(refused, Some(Err(PasswordError::Busy))));
        drop(waiting);
        assert!(passwords.hash(secret("any"), WAITS).now_or_never().is_none());
    }

    #[tokio::test]
    async fn an_unknown_user_takes_the_same_work() {
        let passwords = Passwords::new().expect("a hash");
        let cores = u32::try_from(passwords.cores.available_permits()).expect("a few cores");
        let busy = passwords.cores.acquire_many(cores).await.expect("all cores");
        for stored in [None, Some(passwords.hash_for_unknown_user.to_string())] {
            let verified = passwords.verify(secret("any"), stored, WAITS).now_or_never();
            assert!(verified.is_none(), "it waits for a core, like any other work");
        }
        drop(busy);
    }

    #[tokio::test]
    async fn a_login_whose_client_is_gone_does_no_work() {
        let passwords = Passwords::new().expect("a hash");
        let is_gone = AtomicBool::new(false);
        let cores = u32::try_from(passwords.cores.available_permits()).expect("a few cores");
        let busy = passwords.cores.acquire_many(cores).await.expect("all cores");
        let mut login =
            pin!(passwords.verify(secret("any"), None, || is_gone.load(Ordering::Relaxed)));
        assert!((&mut login).now_or_never().is_none(), "it waits for a core");
        is_gone.store(true, Ordering::Relaxed);
        drop(busy);
        // Work would end in another thread, not at once.
        let given_up = login.now_or_never();
        assert!(matches!(given_up, Some(Err(PasswordError::GivenUp))));
        assert_eq!(passwords.cores.available_permits(), cores as usize);
    }

    #[tokio::test]
    async fn no_core_needs_more_than_one_memory() {
        let passwords = Passwords::new().expect("a hash");
        let logins = (0..8).map(|_| passwords.verify(secret("any"), None, WAITS));
        futures_util::future::join_all(logins).await;
        assert!(passwords.memory.spare().len() <= passwords.cores.available_permits());
    }
}
