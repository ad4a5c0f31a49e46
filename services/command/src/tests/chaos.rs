//! Commands while processes die and answers are lost at any moment.

use engines::{Engine, on_each_engine};
use http::Method;
use serde_json::{Value as Json, json};
use wsgiservice::testing::{TestRequest, TestResponse};

use super::{Process, World, ticket, world};

on_each_engine! {
    each_command_has_its_effect_once_whatever_dies
}

/// The values of two items, of which one may be missing.
type Values = [Option<i64>; 2];

const PATHS: [&str; 2] = ["/1/item/u/a", "/1/item/u/b"];

/// Where a process dies, if it comes there.
const POINTS: [&str; 16] = [
    "command::after_image",
    "command::after_prepare",
    "command::after_prepare",
    "command::after_step",
    "command::after_step",
    "command::after_end",
    "command::before_undoing",
    "command::after_undoing",
    "command::after_applying",
    "command::after_inverse",
    "command::after_inverse",
    "command::after_undone",
    "nowhere",
    "nowhere",
    "nowhere",
    "nowhere",
];

/// Numbers that are the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.0 >> 33) % limit
    }
}

/// A process that dies now and then, and what can be undone and done again.
struct Chaos {
    world: World,
    process: Process,
    random: Random,
    values: Values,
    undos: Vec<(String, Values)>,
    redos: Vec<(String, Values)>,
}

impl Chaos {
    /// Lets some calls of the services go wrong.
    fn spoil(&mut self) {
        let times = usize::try_from(self.random.below(5)).expect("a number");
        let [is_executed, is_delete] = [self.random.below(2) == 0, self.random.below(2) == 0];
        let method = if is_delete { Method::DELETE } else { Method::PUT };
        self.world.faults.lock().expect("faults").clear();
        self.world.fault(times, &method, "/1/item", is_executed, 502);
    }

    /// Sends a request until it is answered, while the process may die.
    async fn sent(&mut self, request: impl Fn(&Process) -> TestRequest) -> TestResponse {
        loop {
            self.spoil();
            let point = POINTS[usize::try_from(self.random.below(16)).expect("a number")];
            self.process.runner.hold().at(point);
            let mut pending = tokio::spawn(request(&self.process).send());
            let response = tokio::select! {
                response = &mut pending => response,
                () = self.process.runner.hold().is_reached() => {
                    self.process.runner.die().await;
                    self.process = self.world.process().await;
                    self.process.recover().await;
                    pending.await
                }
            };
            let response = response.expect("a response");
            match response.status().as_u16() {
                409 | 503 => {}
                _ => return response,
            }
        }
    }

    async fn change(&mut self, number: i64) {
        let after = match self.random.below(3) {
            0 => [None, Some(number)],
            _ => [Some(number), Some(number)],
        };
        let before = self.values;
        let step = |(path, (before, after)): (&&str, (Option<i64>, Option<i64>))| match after {
            Some(number) => Some(json!({"method": "PUT", "path": path, "body": number})),
            None => before.map(|_| json!({"method": "DELETE", "path": path})),
        };
        let steps: Vec<_> =
            PATHS.iter().zip(before.into_iter().zip(after)).filter_map(step).collect();
        let (steps, key) = (Json::from(steps), format!("k{number}"));
        let done = self.sent(|it| it.batch(&steps).header("idempotency-key", &key)).await;
        assert_eq!(done.status(), 200, "{}", done.text());
        self.values = after;
        self.redos.clear();
        self.undos.push((ticket(&done), before));
    }

    async fn undo(&mut self, is_redo: bool) {
        let Some((ticket, values)) = (if is_redo { self.redos.pop() } else { self.undos.pop() })
        else {
            return;
        };
        let path = format!("/1/undo/u/{ticket}");
        let undone = self.sent(|it| it.client.post(&path)).await;
        assert_eq!(undone.status(), 200, "{}", undone.text());
        let next = (self::ticket(&undone), self.values);
        self.values = values;
        if is_redo { self.undos.push(next) } else { self.redos.push(next) }
    }

    async fn check(&self) {
        for (path, value) in PATHS.iter().zip(self.values) {
            let expected = value.map(Json::from).ok_or(404);
            assert_eq!(self.world.read(path).await, expected, "{path}");
        }
    }
}

async fn each_command_has_its_effect_once_whatever_dies(engine: Engine) {
    let Some(world) = world(engine).await else { return };
    let process = world.process().await;
    let (undos, redos) = (Vec::new(), Vec::new());
    let mut it = Chaos { world, process, random: Random(7), values: [None; 2], undos, redos };
    for number in 0..40 {
        match it.random.below(4) {
            0 | 1 => it.change(number).await,
            2 => it.undo(false).await,
            _ => it.undo(true).await,
        }
        it.check().await;
    }
    it.world.faults.lock().expect("faults").clear();
    it.process.recover().await;
    let left = "SELECT COUNT(*) FROM ticket WHERE state NOT IN ('open', 'undone')";
    assert_eq!(it.process.number(left).await, 0);
    let open = "SELECT COUNT(*) FROM ticket WHERE work <> '' OR progress <> ''";
    assert_eq!(it.process.number(open).await, 0, "they have ended");
}
