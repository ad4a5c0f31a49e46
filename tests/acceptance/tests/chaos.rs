//! Chaos: users clip, undo and redo, while every two seconds a random process is killed. At rest, all that was acknowledged is
//! there, and once.
//!
//! `CHAOS_USERS=200 CHAOS_SEED=7 cargo test -p acceptance --test chaos` runs it for other users, and with another schedule of
//! kills, which the seed says alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use acceptance::{Frontend, Reply, Services, key, of, send};
use database::values;
use fastrand::Rng;
use http::Method;
use serde_json::{Value as Json, json};
use wsgiservice_client::Locate;

/// The time between two kills.
const PAUSE: Duration = Duration::from_secs(2);

/// How many processes are killed.
const KILLS: usize = 12;

/// What a user must find at rest.
#[derive(Default)]
struct Expected {
    /// The items, and their texts.
    items: BTreeMap<String, String>,
    /// The tickets, and their states.
    tickets: BTreeMap<String, &'static str>,
    /// The items that were clipped, and whether that was undone.
    clips: BTreeMap<String, bool>,
}

/// A user with a frontend, and what is acknowledged.
struct User {
    name: String,
    frontend: Frontend,
    rng: Rng,
    round: usize,
    expected: Expected,
}

impl User {
    /// Works until it is told to end, at least once.
    async fn run(mut self, ends: Arc<AtomicBool>) -> (String, Expected) {
        loop {
            self.round += 1;
            self.clip().await;
            self.change_and_undo().await;
            self.undo_twice_at_once().await;
            self.create().await;
            if ends.load(Ordering::Relaxed) {
                return (self.name, self.expected);
            }
        }
    }

    /// A clip that comes again, and, most times, its undo and redo.
    async fn clip(&mut self) {
        let (item, key) = (format!("clip-{}", self.round), key());
        let text = format!("clip {} of {}", self.round, self.name);
        let clip = async || self.frontend.clip(&self.name, &item, &text, &key).await.with(200);
        let (first, again) = (clip().await, clip().await);
        assert_eq!((&first.content, first.ticket()), (&again.content, again.ticket()));
        let ticket = first.ticket();
        let is_undone = self.rng.u8(..4) > 0;
        self.expected.clips.insert(item.clone(), is_undone);
        if !is_undone {
            self.expect(&item, Some(text), &[(ticket, "open")]);
            return;
        }
        let undone = self.undo(&ticket).await;
        if self.rng.bool() {
            let redone = self.undo(&undone).await;
            self.expect(
                &item,
                Some(text),
                &[(ticket, "undone"), (undone, "undone"), (redone, "open")],
            );
        } else {
            self.expect(&item, None, &[(ticket, "undone"), (undone, "open")]);
        }
    }

    /// Two changes of one item with a change of somebody else between them or after them.
    async fn change_and_undo(&mut self) {
        let item = format!("item-{}", self.round);
        let one = self.put("command", &item, "one").await.ticket();
        let two = self.put("command", &item, "two").await.ticket();
        if self.rng.bool() {
            let (undone_two, undone_one) = (self.undo(&two).await, self.undo(&one).await);
            let redone = self.undo(&undone_one).await;
            self.expect(
                &item,
                Some("one".to_owned()),
                &[
                    (one, "undone"),
                    (two, "undone"),
                    (undone_one, "undone"),
                    (undone_two, "open"),
                    (redone, "open"),
                ],
            );
            return;
        }
        self.put("storage", &item, "three").await;
        let refused = self.frontend.undo(&self.name, &two).await.with(409);
        assert_eq!(refused.content["code"], json!("changed-since"), "{refused:?}");
        let forced = self.frontend.undo_by_force(&self.name, &two).await.with(200).ticket();
        self.expect(
            &item,
            Some("one".to_owned()),
            &[(one, "open"), (two, "undone"), (forced, "open")],
        );
    }

    /// Two undos of one ticket at once, which are one.
    async fn undo_twice_at_once(&mut self) {
        let item = format!("twice-{}", self.round);
        let ticket = self.put("command", &item, "twice").await.ticket();
        let (one, other) = tokio::join!(self.undo(&ticket), self.undo(&ticket));
        assert_eq!(one, other);
        self.expect(&item, None, &[(ticket, "undone"), (one, "open")]);
    }

    /// An item that the service names.
    async fn create(&mut self) {
        let text = format!("created {} by {}", self.round, self.name);
        let target = format!("/1/item/{}", self.name);
        let content = json!({ "text": text });
        let service = if self.rng.bool() { "storage" } else { "command" };
        let locator = Locate::User(self.name.clone());
        let (method, key) = (Method::POST, key());
        let created =
            self.frontend.change(service, locator, method, &target, &key, Some(&content)).await;
        let created = created.with(201);
        let id = created.field("location").rsplit('/').next().expect("an ID").to_owned();
        self.expect(&id, Some(text), &[]);
    }

    async fn put(&self, service: &str, item: &str, text: &str) -> Reply {
        let (target, content) = (format!("/1/item/{}/{item}", self.name), json!({ "text": text }));
        let locator = Locate::User(self.name.clone());
        let (method, key) = (Method::PUT, key());
        let reply =
            self.frontend.change(service, locator, method, &target, &key, Some(&content)).await;
        assert!(matches!(reply.status, 200 | 201), "{reply:?}");
        reply
    }

    /// Undoes a ticket, and returns that of the undo.
    async fn undo(&self, ticket: &str) -> String {
        let undone = self.frontend.undo(&self.name, ticket).await.with(200);
        let steps = undone.content["steps"].as_array().expect("steps");
        let kept = steps.iter().filter(|step| step["outcome"] != "reverted");
        // A label has other items, and is somebody else's then.
        assert!(
            kept.clone()
                .all(|it| it["path"].as_str().is_some_and(|it| it.starts_with("/1/label/"))),
            "{undone:?}"
        );
        undone.ticket()
    }

    fn expect(&mut self, item: &str, text: Option<String>, tickets: &[(String, &'static str)]) {
        if let Some(text) = text {
            self.expected.items.insert(item.to_owned(), text);
        }
        self.expected.tickets.extend(tickets.iter().cloned());
    }
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |text| text.parse().expect(name))
}

/// Which processes are killed, in which order: the seed alone says it.
fn schedule(names: &[String], seed: u64) -> Vec<&str> {
    let mut rng = Rng::with_seed(seed);
    (0..KILLS).map(|_| names[rng.usize(..names.len())].as_str()).collect()
}

/// Kills a random process every two seconds.
async fn kill(services: &Services, seed: u64) {
    let names: Vec<_> = services.processes().into_iter().map(|(name, _)| name).collect();
    let schedule = schedule(&names, seed);
    println!("seed {seed} kills, every {PAUSE:?}: {}", schedule.join(", "));
    let mut pace = tokio::time::interval(PAUSE);
    for name in schedule {
        pace.tick().await;
        // It may be just being started again.
        if let Some(process) = services.process(name).filter(|it| acceptance::is_running(*it)) {
            send("-KILL", process);
        }
    }
}

#[test]
fn a_seed_says_who_is_killed() {
    let names = ["c1/command", "c1/storage", "c2/command", "c2/storage"].map(str::to_owned);
    assert_eq!(schedule(&names, 7), schedule(&names, 7));
    assert_ne!(schedule(&names, 7), schedule(&names, 8));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_is_there_once_at_rest() {
    let (users, seed) = (number("CHAOS_USERS", 50), number("CHAOS_SEED", 1));
    let services = Services::start(env!("CARGO_BIN_EXE_services-under-test"));
    let frontend = Frontend::new(services.client());
    frontend.listen(Duration::ZERO).await;
    let ends = Arc::<AtomicBool>::default();
    let running: Vec<_> = (0..users)
        .map(|number| {
            let name = format!("user{number}");
            let rng = Rng::with_seed(seed.wrapping_mul(1_000_003) + number);
            let user = User {
                name,
                frontend: frontend.clone(),
                rng,
                round: 0,
                expected: Expected::default(),
            };
            tokio::spawn(user.run(Arc::clone(&ends)))
        })
        .collect();
    kill(&services, seed).await;
    ends.store(true, Ordering::Relaxed);
    let mut expected = BTreeMap::new();
    for user in running {
        let (name, of_user) = user.await.expect("a user");
        expected.insert(name, of_user);
    }
    // A delivery that has failed is due again within an hour.
    services.set_clock(Duration::from_hours(1));
    services.settle().await;
    let mut rounds = 0;
    for (user, expected) in &expected {
        rounds += expected.clips.len();
        let home = frontend.home(user).await;
        items(&services, &home, user, expected).await;
        tickets(&services, &home, user, expected).await;
        dependents(&services, &home, user, expected).await;
    }
    nothing_is_dead(&services).await;
    println!("{users} users, {rounds} rounds, {KILLS} kills: all is as it was acknowledged");
}

/// The items are those that were acknowledged, in the cluster of the user alone.
async fn items(services: &Services, home: &str, user: &str, expected: &Expected) {
    for cluster in ["c1", "c2"] {
        let sql = "SELECT id, content FROM item WHERE user_id = ? AND gone IS NULL";
        let rows = services.rows(&format!("{cluster}/storage"), sql, &values![user]).await;
        let text = |content: String| {
            let content: Json = serde_json::from_str(&content).expect("JSON");
            content["text"].as_str().expect("a text").to_owned()
        };
        let found = rows.iter().map(|row| (of(row, 0), text(of(row, 1))));
        let found: BTreeMap<String, String> = found.collect();
        let nothing = BTreeMap::new();
        let wanted = if cluster == home { &expected.items } else { &nothing };
        assert_eq!(&found, wanted, "{user} in {cluster}");
    }
    let sql = "SELECT item FROM label_item WHERE user_id = ? AND gone IS NULL";
    let rows = services.rows(&format!("{home}/label"), sql, &values![user]).await;
    let members: BTreeSet<String> = rows.iter().map(|row| of(row, 0)).collect();
    let clips = expected.clips.keys().filter(|item| expected.items.contains_key(*item));
    assert_eq!(members, clips.cloned().collect(), "the label of {user}");
}

/// Each ticket is in its state, and no other one is there.
async fn tickets(services: &Services, home: &str, user: &str, expected: &Expected) {
    let sql = "SELECT id, state FROM ticket WHERE user_id = ? AND state <> 'ended'";
    let rows = services.rows(&format!("{home}/command"), sql, &values![user]).await;
    let found: BTreeMap<String, String> = rows.iter().map(|row| (of(row, 0), of(row, 1))).collect();
    for (ticket, state) in &expected.tickets {
        assert_eq!(
            found.get(ticket).map(String::as_str),
            Some(*state),
            "ticket {ticket} of {user}"
        );
    }
    let others: Vec<_> =
        found.iter().filter(|(id, _)| !expected.tickets.contains_key(*id)).collect();
    // Those of items that the service has named.
    assert!(others.iter().all(|(_, state)| *state == "open"), "{user}: {others:?}");
    let created = expected.items.keys().filter(|id| id.len() == 32).count();
    assert!(others.len() <= created, "{user}: {others:?}");
}

/// The search has the items. A clip that was not undone has one mail, and another one at most one.
async fn dependents(services: &Services, home: &str, user: &str, expected: &Expected) {
    let database = format!("{home}/dependents");
    let sql = "SELECT id FROM document WHERE user_id = ? AND text IS NOT NULL";
    let rows = services.rows(&database, sql, &values![user]).await;
    let found: BTreeSet<String> = rows.iter().map(|row| of(row, 0)).collect();
    assert_eq!(found, expected.items.keys().cloned().collect(), "the search of {user}");
    let sql = "SELECT subject FROM mail WHERE user_id = ?";
    let rows = services.rows(&database, sql, &values![user]).await;
    let mails: Vec<String> = rows.iter().map(|row| of(row, 0)).collect();
    for (clip, is_undone) in &expected.clips {
        let count = mails.iter().filter(|mail| **mail == format!("{user}/{clip}")).count();
        assert!(count == 1 || (*is_undone && count == 0), "{count} mails about {clip} of {user}");
    }
}

async fn nothing_is_dead(services: &Services) {
    for cluster in ["c1", "c2"] {
        let sql = "SELECT COUNT(*) FROM delivery WHERE state IN ('dead', 'dropped')";
        let rows = services.rows(&format!("{cluster}/pipeline"), sql, &[]).await;
        assert_eq!(of::<i64>(&rows[0], 0), 0, "in {cluster}");
    }
}
