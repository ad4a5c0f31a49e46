//! Runs the checks of a service: in parallel, at most once a second, each for less than a second.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, SystemTime},
};

use tokio::{
    sync::watch,
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
    /// Whether it runs. One that blocks its thread cannot be stopped, and must not block another one.
    is_running: Arc<AtomicBool>,
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
    last: Mutex<Option<Round>>,
}

/// One run of all checks: when it ended, and what they found; `None` as long as they run.
type Round = watch::Receiver<Option<(Instant, Arc<[CheckResult]>)>>;

impl Check {
    pub(crate) fn new(
        name: &str,
        run: impl Fn() -> BoxFuture<Health> + Send + Sync + 'static,
    ) -> Self {
        Self { name: super::plain(name), run: Arc::new(run), is_running: Arc::default() }
    }

    /// A check that panics or does not end has failed.
    async fn result(self) -> CheckResult {
        let began = Instant::now();
        // In a task of its own, which ends by a panic alone.
        let mut task = JoinSet::new();
        let Self { name, run, is_running } = self;
        if !is_running.swap(true, Relaxed) {
            let running = Running(is_running);
            task.spawn(async move {
                let _running = running;
                run().await
            });
        }
        let health = match timeout(SECOND, task.join_next()).await {
            Ok(Some(Ok(health))) => health.plain(),
            Ok(Some(Err(_))) => Health::Fail("the check panicked".to_owned()),
            Err(_) => Health::Fail("the check did not end within a second".to_owned()),
            Ok(None) => {
                Health::Fail("the check did not end within a second, and blocks".to_owned())
            }
        };
        CheckResult { name, health, at: SystemTime::now(), took: began.elapsed() }
    }
}

/// A check that runs, until it is dropped.
struct Running(Arc<AtomicBool>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.store(false, Relaxed);
    }
}

impl Checks {
    pub(crate) fn new(checks: Vec<Check>) -> Self {
        Self { checks, last: Mutex::default() }
    }

    /// What the checks find; what they found within the last second is not asked again.
    pub(crate) async fn results(&self) -> Arc<[CheckResult]> {
        loop {
            let mut round = self.round();
            // A round ends without a result only with its runtime.
            if let Ok(ended) = round.wait_for(Option::is_some).await
                && let Some((_, results)) = &*ended
            {
                return Arc::clone(results);
            }
        }
    }

    /// The round that is not over since a second, or a new one. It does not end with the client that it was begun for: clients
    /// that go away again and again would run the checks as often.
    fn round(&self) -> Round {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(round) = last.as_ref().filter(|round| is_good(round)) {
            return round.clone();
        }
        let (sender, round) = watch::channel(None);
        let checks = self.checks.clone();
        tokio::spawn(async move {
            let results = run(checks).await;
            sender.send_replace(Some((Instant::now(), results)));
        });
        last.insert(round).clone()
    }
}

fn is_good(round: &Round) -> bool {
    match &*round.borrow() {
        Some((ended, _)) => ended.elapsed() < SECOND,
        None => round.has_changed().is_ok(),
    }
}

/// Runs the checks in parallel; returns what they find in their order.
async fn run(checks: Vec<Check>) -> Arc<[CheckResult]> {
    let checks = checks.into_iter().enumerate();
    let mut running: JoinSet<_> =
        checks.map(|(position, check)| async move { (position, check.result().await) }).collect();
    let mut results = Vec::new();
    while let Some(ended) = running.join_next().await {
        results.extend(ended.ok());
    }
    results.sort_by_key(|(position, _)| *position);
    results.into_iter().map(|(_, result)| result).collect()
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
        Check::new(name, health)
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
        let checks = Checks::new(vec![Check::new("counted", move || {
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

    #[tokio::test(start_paused = true)]
    async fn a_check_that_blocks_is_not_run_again_before_it_ends() {
        let check = check("blocking", || Box::pin(async { Health::Pass }));
        let is_running = Arc::clone(&check.is_running);
        is_running.store(true, Relaxed);
        let checks = Checks::new(vec![check]);
        assert_eq!(CheckResult::worst(&checks.results().await).word(), "fail");
        is_running.store(false, Relaxed);
        tokio::time::advance(SECOND).await;
        assert_eq!(CheckResult::worst(&checks.results().await).word(), "pass");
        assert!(!is_running.load(Relaxed));
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_that_was_stopped_runs_again() {
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        let checks = Checks::new(vec![Check::new("endless", move || {
            counted.fetch_add(1, Relaxed);
            Box::pin(std::future::pending())
        })]);
        for expected in 1..=3 {
            checks.results().await;
            assert_eq!(runs.load(Relaxed), expected);
            tokio::time::advance(SECOND).await;
        }
    }
}
