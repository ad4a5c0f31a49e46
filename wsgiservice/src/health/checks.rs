//! Runs the checks of a service: in parallel, at most once a second, each for less than a second.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{
    sync::Mutex,
    task::JoinSet,
    time::{Instant, timeout},
};

use super::Health;

/// How long a result is good, and how long a check may take.
const SECOND: Duration = Duration::from_secs(1);

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A check of a service.
#[derive(Clone)]
pub(crate) struct Check {
    pub(crate) name: String,
    run: Arc<dyn Fn() -> BoxFuture<Health> + Send + Sync>,
}

/// What a check found.
#[derive(Clone, Debug)]
pub(crate) struct CheckResult {
    pub(crate) name: String,
    pub(crate) health: Health,
    /// When it ended.
    pub(crate) at: SystemTime,
    /// How long it took.
    pub(crate) took: Duration,
}

/// The checks of a service.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    checks: Vec<Check>,
    /// When they ran last, and what they found.
    last: Mutex<Option<(Instant, Arc<[CheckResult]>)>>,
}

impl Check {
    pub(crate) fn new(
        name: String,
        run: impl Fn() -> BoxFuture<Health> + Send + Sync + 'static,
    ) -> Self {
        Self { name, run: Arc::new(run) }
    }

    /// A check that panics or does not end has failed.
    async fn result(self) -> CheckResult {
        let began = Instant::now();
        // In a task of its own, which ends by a panic alone.
        let mut task = JoinSet::new();
        task.spawn(async move { (self.run)().await });
        let health = match timeout(SECOND, task.join_next()).await {
            Ok(Some(Ok(health))) => health,
            Ok(Some(Err(_)) | None) => Health::Fail("the check panicked".to_owned()),
            Err(_) => Health::Fail("the check did not end within a second".to_owned()),
        };
        CheckResult { name: self.name, health, at: SystemTime::now(), took: began.elapsed() }
    }
}

impl Checks {
    pub(crate) fn new(checks: Vec<Check>) -> Self {
        Self { checks, last: Mutex::default() }
    }

    /// What the checks find; what they found within the last second is not asked again.
    pub(crate) async fn results(&self) -> Arc<[CheckResult]> {
        let mut last = self.last.lock().await;
        if let Some((at, results)) = &*last
            && at.elapsed() < SECOND
        {
            return Arc::clone(results);
        }
        let results = self.run().await;
        *last = Some((Instant::now(), Arc::clone(&results)));
        results
    }
}

impl Checks {
    async fn run(&self) -> Arc<[CheckResult]> {
        let running = self.checks.iter().cloned().enumerate();
        let mut running: JoinSet<_> = running
            .map(|(position, check)| async move { (position, check.result().await) })
            .collect();
        let mut results = Vec::new();
        while let Some(ended) = running.join_next().await {
            results.extend(ended.ok());
        }
        results.sort_by_key(|(position, _)| *position);
        results.into_iter().map(|(_, result)| result).collect()
    }
}

impl CheckResult {
    /// The worst of these.
    pub(crate) fn worst(results: &[Self]) -> Health {
        let worst = |worst: &Health, result: &Self| match result.health.is_worse_than(worst) {
            true => result.health.clone(),
            false => worst.clone(),
        };
        results.iter().fold(Health::Pass, |health, result| worst(&health, result))
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Check").field(&self.name).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use super::*;

    fn check(name: &str, health: fn() -> BoxFuture<Health>) -> Check {
        Check::new(name.to_owned(), health)
    }

    #[tokio::test(start_paused = true)]
    async fn checks_run_in_parallel_and_are_limited() {
        let checks = Checks::new(vec![
            check("slow", || Box::pin(std::future::pending())),
            check("late", || Box::pin(std::future::pending())),
            check("broken", || Box::pin(async { panic!("broken") })),
            check("good", || Box::pin(async { Health::Pass })),
        ]);
        let began = Instant::now();
        let results = checks.results().await;
        assert!(began.elapsed() < 2 * SECOND);
        let words: Vec<_> = results.iter().map(|result| result.health.word()).collect();
        assert_eq!(words, ["fail", "fail", "fail", "pass"]);
        assert_eq!(results[2].health.message(), Some("the check panicked"));
        assert_eq!(CheckResult::worst(&results).word(), "fail");
    }

    #[tokio::test(start_paused = true)]
    async fn checks_run_at_most_once_a_second() {
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        let checks = Checks::new(vec![Check::new("counted".to_owned(), move || {
            counted.fetch_add(1, Relaxed);
            Box::pin(async { Health::Pass })
        })]);
        tokio::join!(checks.results(), checks.results());
        checks.results().await;
        assert_eq!(runs.load(Relaxed), 1);
        tokio::time::advance(SECOND).await;
        checks.results().await;
        assert_eq!(runs.load(Relaxed), 2);
    }
}
