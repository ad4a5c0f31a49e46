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
    task::{JoinError, JoinSet},
    time::{Instant, timeout},
};

use super::Health;

/// How long a result is good, and how long a check may take.
const SECOND: Duration = Duration::from_secs(1);

/// What the name of the check of a background task begins with.
pub(super) const TASK: &str = "background:";

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
                // Not from when the round began: until now, another check may have blocked the thread.
                let began = Instant::now();
                (run().await, began.elapsed())
            });
        }
        let (health, took) = match timeout(SECOND, task.join_next()).await {
            Ok(Some(Ok((health, took)))) => (in_time(health, took).plain(), took),
            Ok(Some(Err(error))) => (panicked(error).plain(), began.elapsed()),
            Err(_) => (fail("the check did not end within a second"), began.elapsed()),
            Ok(None) => {
                (fail("the check did not end within a second, and blocks"), began.elapsed())
            }
        };
        CheckResult { name, health, at: SystemTime::now(), took }
    }
}

fn fail(message: &str) -> Health {
    Health::Fail(message.to_owned())
}

/// Nothing else can run while a check blocks its thread, not even the timer that ends it.
fn in_time(health: Health, took: Duration) -> Health {
    match took > SECOND {
        true => Health::Fail(format!(
            "the thread of the check was blocked for {:.1} s; what blocks belongs into `spawn_blocking`",
            took.as_secs_f64()
        )),
        false => health,
    }
}

fn panicked(error: JoinError) -> Health {
    let payload = error.try_into_panic().ok();
    let message = payload.as_ref().and_then(|payload| {
        let text = payload.downcast_ref::<&str>().copied();
        text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
    });
    Health::Fail(match message {
        Some(message) => format!("the check panicked: {message}"),
        None => "the check panicked".to_owned(),
    })
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
        let before = last.as_ref().and_then(|round| round.borrow().clone());
        tokio::spawn(async move {
            let results = run(checks).await;
            let before = before.map(|(_, results)| results).unwrap_or_default();
            results.iter().for_each(|result| result.log_change(&before));
            sender.send_replace(Some((Instant::now(), results)));
        });
        last.insert(round).clone()
    }
}

/// What is wrong with the names of checks: nobody could tell two of one name apart.
pub(crate) fn wrong_names(checks: &[Check]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (position, Check { name, .. }) in checks.iter().enumerate() {
        let mut before = checks.iter().take(position);
        let (kind, own) = match name.strip_prefix(TASK) {
            Some(task) => ("background task", task),
            None => ("check", &**name),
        };
        if own.is_empty() {
            wrong.push(format!("{kind} ``: expected a name"));
        } else if before.any(|check| check.name == *name) {
            wrong.push(format!("{kind} `{own}` is added twice"));
        }
    }
    wrong
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
    /// Logs what was found, if it differs from what was found before.
    fn log_change(&self, before: &[Self]) {
        let Self { name, health, .. } = self;
        let before = before.iter().find(|result| result.name == *name);
        if before.map_or("pass", |result| result.health.word()) == health.word() {
            return;
        }
        match health {
            Health::Pass => tracing::info!(check = name, "a check passes again"),
            Health::Warn(found) => tracing::warn!(check = name, found, "a check warns"),
            Health::Fail(found) => tracing::error!(check = name, found, "a check fails"),
        }
    }

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
    use std::{
        future::poll_fn,
        pin::pin,
        sync::atomic::{AtomicU32, Ordering::Relaxed},
        task::Poll,
    };

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
        assert_eq!(results[2].health.message(), Some("the check panicked: broken"));
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

    /// Time passes without a moment for anything else on the thread.
    async fn block(time: Duration) {
        let mut time = pin!(tokio::time::advance(time));
        poll_fn(|context| {
            // It first advances the time, and then yields.
            let _ = time.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_that_blocks_its_thread_has_failed_and_no_other() {
        let checks = Checks::new(vec![
            check("blocking", || {
                Box::pin(async {
                    block(20 * SECOND).await;
                    Health::Pass
                })
            }),
            check("good", || Box::pin(async { Health::Pass })),
        ]);
        let results = checks.results().await;
        let words: Vec<_> = results.iter().map(|result| result.health.word()).collect();
        assert_eq!(words, ["fail", "pass"]);
        let message = results[0].health.message().expect("a message");
        assert!(
            message.starts_with("the thread of the check was blocked for 20.0 s; "),
            "{message}"
        );
        assert!(results[1].took < SECOND, "{:?}", results[1].took);
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
