//! Users move, under writers and through crashes.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use database::values;
use engines::{Engine, on_each_engine};
use futures_util::future::{join, join_all, join3};
use serde_json::{Value as Json, json};

use wsgiservice_client::Cluster;

use super::{Setting, refusal, setting};
use crate::{database::Row, mover::Stopped};

on_each_engine! {
    a_user_moves
    a_user_moves_under_writers
    a_user_moves_there_and_back
    no_two_clusters_write_at_any_step
    bytes_are_moved_once
    a_move_goes_on_after_a_crash_at_each_step
    a_user_who_is_frozen_for_too_long_stays
    a_step_that_fails_again_and_again_aborts_the_move
    a_move_is_aborted_until_it_is_committed
    a_move_that_is_missing_says_why
    a_move_is_refused
    data_that_were_never_moved_survive_an_abort
    a_move_that_is_asked_for_again_is_the_same
    two_movers_at_once_are_harmless
    a_step_that_comes_late_changes_nothing
    a_move_that_comes_late_holds_nobody
    a_user_who_wrote_before_a_move_is_not_swept
    a_user_is_promoted_while_moving
    a_user_is_removed_while_moving
}

const POINTS: [&str; 6] = [
    "mover::after_frozen",
    "mover::after_hold",
    "mover::after_import",
    "mover::after_commit",
    "mover::after_away",
    "mover::after_here",
];

impl Setting {
    async fn ask_to_move(&self, user: &str, to: &str) -> (u16, Json) {
        let put = self.cluster.put(&format!("/1/user/{user}/move")).form([("to", to)]).send().await;
        (put.status().as_u16(), put.json())
    }

    async fn phase(&self, user: &str) -> Json {
        let got = self.cluster.get(&format!("/1/user/{user}/move")).send().await;
        got.json::<Json>()["phase"].clone()
    }

    async fn abort(&self, user: &str) -> u16 {
        self.cluster.delete(&format!("/1/user/{user}/move")).send().await.status().as_u16()
    }

    /// Runs the mover until it is at a point, and ends it there.
    async fn crash_at(&self, user: &str, point: &'static str) {
        self.mover.hold().at(point);
        tokio::select! {
            ended = self.mover.settle(user) => panic!("{point} is not reached: {ended:?}"),
            () = self.mover.hold().is_reached() => {}
        }
    }

    async fn found(&self, user: &str) -> Row {
        self.row(user).await.expect("a row")
    }

    /// The user is in one cluster, with what was written, and in no other.
    async fn assert_in(&self, user: &str, cluster: &str, text: &str) {
        let other = if cluster == "c1" { "c2" } else { "c1" };
        let row = self.found(user).await;
        assert_eq!((row.cluster.as_str(), row.unfinished), (cluster, false));
        assert_eq!(self.read(cluster, user, "a").await.as_deref(), Ok(text));
        // A cluster to which the user was never moved knows nothing.
        assert!(matches!(self.read(other, user, "a").await, Err(421 | 404)));
        assert_eq!(self.write(user, "a", text).await, 200);
        let [c1, c2] = [self.notes[0].count(user).await, self.notes[1].count(user).await];
        assert_eq!(if cluster == "c1" { c2 } else { c1 }, 0, "no rows are left in {other}");
    }
}

async fn a_user_moves(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin("u").await;
    assert_eq!(it.cluster.get("/1/user/u/move").send().await.status(), 404);
    let (status, moving) = it.ask_to_move("u", "c2").await;
    let begun = moving["begun"].clone();
    assert_eq!(
        (status, &moving),
        (202, &json!({"to": "c2", "phase": "waiting", "begun": begun, "error": null}))
    );
    assert!(begun.as_str().is_some_and(|it| it.len() == 24 && it.ends_with('Z')), "{begun}");
    it.settle().await;
    let ended = it.cluster.get("/1/user/u/move").send().await.json::<Json>();
    assert_eq!(ended, json!({"to": "c2", "phase": "done", "begun": begun, "error": null}));
    it.assert_in("u", "c2", "first").await;
    let version = it.found("u").await.version;
    assert_eq!(it.notes[0].placement("u").await, Some(("away".to_owned(), version)));
    assert_eq!(it.notes[1].placement("u").await, Some(("here".to_owned(), version)));
    assert_eq!(it.profiles.placement("u").await, None, "what is for all clusters does not move");
    let found = it.cluster.get("/1/user/u").send().await.json::<Json>();
    assert_eq!((&found["cluster"], &found["state"]), (&json!("c2"), &json!("active")));
}

async fn a_user_moves_under_writers(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin("u").await;
    let is_moved = Arc::new(AtomicBool::new(false));
    let writer = async |writer: u32| {
        let (mut written, mut after) = (0, 0);
        while after < 5 {
            after += u32::from(is_moved.load(Ordering::Relaxed));
            let status = it.write("u", &format!("{writer}-{written}"), &written.to_string()).await;
            assert_eq!(status, 201, "the writer waits for the move and follows it");
            written += 1;
        }
        written
    };
    let moves = async {
        for to in ["c2", "c1", "c2"] {
            assert_eq!(it.ask_to_move("u", to).await.0, 202);
            it.settle().await;
        }
        is_moved.store(true, Ordering::Relaxed);
    };
    let (first, second, ()) = join3(writer(1), writer(2), moves).await;
    for (writer, written) in [(1, first), (2, second)] {
        let ids: Vec<_> = (0..written).map(|number| format!("{writer}-{number}")).collect();
        let read = join_all(ids.iter().map(|id| it.read("c2", "u", id))).await;
        let expected: Vec<_> = (0..written).map(|number| Ok(number.to_string())).collect();
        assert_eq!(read, expected, "nothing that was acknowledged is lost");
    }
    it.assert_in("u", "c2", "first").await;
}

async fn a_user_moves_there_and_back(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin("u").await;
    for (to, text) in [("c2", "second"), ("c1", "third"), ("c2", "fourth")] {
        assert_eq!(it.ask_to_move("u", to).await.0, 202);
        it.settle().await;
        assert_eq!(it.write("u", "a", text).await, 200);
        it.assert_in("u", to, text).await;
    }
}

async fn no_two_clusters_write_at_any_step(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin("u").await;
    it.ask_to_move("u", "c2").await;
    let expected = [
        (Some("here"), None),
        (Some("frozen"), None),
        (Some("frozen"), Some("incoming")),
        (Some("frozen"), Some("incoming")),
        (Some("away"), Some("incoming")),
        (Some("away"), Some("here")),
    ];
    for (point, (old, new)) in POINTS.into_iter().zip(expected) {
        it.crash_at("u", point).await;
        let [c1, c2] = [it.notes[0].placement("u").await, it.notes[1].placement("u").await];
        let states = [&c1, &c2].map(|it| it.as_ref().map(|(state, _)| state.as_str()));
        assert_eq!(states, [old, new], "{point}");
    }
    it.assert_in("u", "c2", "first").await;
}

async fn bytes_are_moved_once(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin("u").await;
    let long = vec![7_u8; 3 << 20];
    it.notes[0].files.add("u/a/shot/1", long.clone());
    it.notes[0].files.add("u/a/b c.png/2", "short");
    it.notes[0].files.add("v/a/shot/1", "another's");
    it.ask_to_move("u", "c2").await;
    it.crash_at("u", "mover::after_import").await;
    assert_eq!(it.notes[1].files.sent(), 2);
    it.settle().await;
    assert_eq!(it.notes[1].files.sent(), 2, "what is there is not sent again");
    assert_eq!(it.notes[1].files.get("u/a/shot/1").as_deref(), Some(&long[..]));
    assert_eq!(it.notes[1].files.get("u/a/b c.png/2").as_deref(), Some(&b"short"[..]));
    assert_eq!(it.notes[1].files.get("v/a/shot/1"), None);
    it.assert_in("u", "c2", "first").await;
}

async fn a_move_goes_on_after_a_crash_at_each_step(engine: Engine) {
    let Some(mut it) = setting(engine).await else { return };
    for (index, point) in POINTS.into_iter().enumerate() {
        let user = &format!("u{index}");
        it.begin(user).await;
        it.ask_to_move(user, "c2").await;
        it.crash_at(user, point).await;
        it.restart().await;
        let writing = it.write(user, "b", "written meanwhile");
        let (status, ()) = join(writing, it.settle()).await;
        assert_eq!(status, 201, "{point}");
        it.assert_in(user, "c2", "first").await;
        assert_eq!(it.read("c2", user, "b").await.as_deref(), Ok("written meanwhile"), "{point}");
        assert_eq!(it.phase(user).await, "done", "{point}");
    }
}

async fn a_user_who_is_frozen_for_too_long_stays(engine: Engine) {
    let Some(mut it) = setting(engine).await else { return };
    for (index, point) in POINTS.into_iter().take(3).enumerate() {
        let user = &format!("u{index}");
        it.begin(user).await;
        it.ask_to_move(user, "c2").await;
        it.crash_at(user, point).await;
        let update = "UPDATE assignment SET touched = touched - 31000 WHERE user_id = ?";
        it.execute(update, values![user].into()).await;
        it.restart().await;
        it.settle().await;
        assert_eq!(it.phase(user).await, "aborted", "{point}");
        it.assert_in(user, "c1", "first").await;
        assert_eq!(it.ask_to_move(user, "c2").await.0, 202);
        it.settle().await;
        it.assert_in(user, "c2", "first").await;
    }
}

async fn a_step_that_fails_again_and_again_aborts_the_move(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin("u").await;
    it.ask_to_move("u", "c2").await;
    // Whom the new cluster takes for its own is not imported.
    let insert = "INSERT INTO placement (user_id, state, version, counter, written, placed) \
                  VALUES ('u', 'here', 1, 1, 0, 0)";
    super::execute(it.notes[1].data.database(), insert, Vec::new()).await;
    let fails = async {
        while it.found("u").await.error.is_none() {
            tokio::task::yield_now().await;
        }
        let update = "UPDATE assignment SET touched = touched - 31000 WHERE user_id = 'u'";
        it.execute(update, Vec::new()).await;
    };
    let ((), ()) = join(it.settle(), fails).await;
    let ended = it.cluster.get("/1/user/u/move").send().await.json::<Json>();
    assert_eq!(ended["phase"], "aborted");
    it.assert_in("u", "c1", "first").await;
}

async fn a_move_is_aborted_until_it_is_committed(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin("u").await;
    assert_eq!(it.abort("x").await, 404);
    assert_eq!(it.abort("u").await, 404);
    it.ask_to_move("u", "c2").await;
    assert_eq!((it.abort("u").await, it.abort("u").await), (204, 204));
    it.settle().await;
    it.assert_in("u", "c1", "first").await;
    for (index, point) in POINTS.into_iter().enumerate() {
        let user = &format!("u{index}");
        it.begin(user).await;
        it.ask_to_move(user, "c2").await;
        it.mover.hold().at(point);
        let abort = async {
            it.mover.hold().is_reached().await;
            let status = it.abort(user).await;
            it.mover.hold().leave();
            status
        };
        let (status, settled) = join(abort, it.mover.settle(user)).await;
        settled.expect("settled");
        it.settle().await;
        let (expected, cluster) = if index < 3 { (204, "c1") } else { (409, "c2") };
        assert_eq!(status, expected, "{point}");
        it.assert_in(user, cluster, "first").await;
        assert_eq!(it.abort(user).await, expected, "{point}");
    }
}

async fn a_move_that_is_missing_says_why(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let target = "/1/user/u/move";
    let requests = || [it.cluster.get(target), it.cluster.delete(target)];
    let put = it.cluster.put(target).form([("to", "c2")]);
    for request in requests().into_iter().chain([put]) {
        let refused = request.send().await;
        let expected = (404, json!("the user has no cluster yet"));
        assert_eq!((refused.status().as_u16(), refused.json::<Json>()["detail"].clone()), expected);
    }
    it.begin("u").await;
    for request in requests() {
        let refused = request.send().await;
        let expected = (404, json!("the user has never been moved"));
        assert_eq!((refused.status().as_u16(), refused.json::<Json>()["detail"].clone()), expected);
    }
}

async fn a_move_is_refused(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    assert_eq!(it.ask_to_move("u", "c2").await.0, 404);
    it.begin("u").await;
    assert_eq!(it.cluster.put("/1/user/u/move").send().await.status(), 400);
    it.cluster.put("/1/cluster/c3").send().await;
    let (status, refused) = it.ask_to_move("u", "c3").await;
    assert_eq!((status, &refused["detail"]), (409, &json!("cluster c3 is not in the topology")));
    assert_eq!(it.ask_to_move("u", "c9").await.0, 422);
    assert_eq!(it.ask_to_move("u", "c2").await.0, 202);
    assert_eq!(it.ask_to_move("u", "c1").await.0, 409, "another move is on");
    it.settle().await;

    it.is_idle("u").await;
    let row = it.found("u").await;
    it.mover.directory().swap(&row, row.expiring()).await.expect("a row");
    assert_eq!(it.ask_to_move("u", "c1").await.0, 409, "a sweep is on");
    assert_eq!(it.cluster.delete("/1/user/u").send().await.status(), 204);
    for gone in [
        it.cluster.get("/1/user/u/move"),
        it.cluster.put("/1/user/u/move").form([("to", "c1")]),
        it.cluster.delete("/1/user/u/move"),
    ] {
        assert_eq!(refusal(&gone.send().await), (410, json!("user-gone")));
    }
}

async fn data_that_were_never_moved_survive_an_abort(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin("u").await;
    it.ask_to_move("u", "c2").await;
    it.crash_at("u", "mover::after_frozen").await;
    // The service of c2 was not one of those with data when the user moved away from there.
    for state in ["frozen", "here"] {
        let call = it.frontend.put("note", Cluster("c2"), "/1/placement/u");
        let placed = call.form(&[("state", state), ("version", "1")]).await.expect("a response");
        assert_eq!(placed.status(), 200);
    }
    let call = it.frontend.put("note", Cluster("c2"), "/1/note/u/b").json("left behind");
    assert_eq!(call.await.expect("a response").status(), 201);
    let row = it.found("u").await;
    let Err(Stopped::Failed(error)) = it.mover.step(&row, false).await else { panic!("moved") };
    assert!(error.ends_with("refuses: the user is already placed here: here"), "{error}");
    it.mover.directory().failed(&row, &error).await.expect("noted");
    assert_eq!(it.abort("u").await, 204);
    it.settle().await;
    assert_eq!(it.read("c2", "u", "b").await.as_deref(), Ok("left behind"));
    assert_eq!(it.write("u", "a", "second").await, 200);
    let movement = it.cluster.get("/1/user/u/move").send().await.json::<Json>();
    assert_eq!((&movement["phase"], &movement["error"]), (&json!("aborted"), &json!(error)));

    let (status, refused) = it.ask_to_move("u", "c2").await;
    let expected = json!("service note in cluster c2 has data of the user");
    assert_eq!((status, &refused["detail"]), (409, &expected));
}

async fn a_move_that_is_asked_for_again_is_the_same(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin("u").await;
    let (status, there) = it.ask_to_move("u", "c1").await;
    assert_eq!((status, &there["phase"]), (202, &json!("done")), "the user is there");
    let first = it.ask_to_move("u", "c2").await;
    assert_eq!(it.ask_to_move("u", "c2").await, first);
    it.crash_at("u", "mover::after_commit").await;
    assert_eq!(it.ask_to_move("u", "c2").await.1["phase"], "committed");
    it.settle().await;
    assert_eq!(it.ask_to_move("u", "c2").await.1["phase"], "done");
    it.assert_in("u", "c2", "first").await;
}

async fn two_movers_at_once_are_harmless(engine: Engine) {
    let Some(mut it) = setting(engine).await else { return };
    for (index, point) in POINTS.into_iter().enumerate() {
        let user = &format!("u{index}");
        it.begin(user).await;
        it.ask_to_move(user, "c2").await;
        // The first one stalls, and goes on when another one has done it all.
        let stalled = it.mover.clone();
        stalled.hold().at(point);
        let other = async {
            stalled.hold().is_reached().await;
            it.restart().await;
            it.settle().await;
            stalled.hold().leave();
        };
        let (ended, ()) = join(stalled.settle(user), other).await;
        ended.expect("settled");
        it.assert_in(user, "c2", "first").await;
        assert_eq!(it.write(user, "b", "second").await, 201);

        // Both go on at once.
        it.ask_to_move(user, "c1").await;
        let (first, second) = join(stalled.settle(user), it.mover.settle(user)).await;
        first.and(second).expect("settled");
        it.assert_in(user, "c1", "first").await;
        assert_eq!(it.read("c1", user, "b").await.as_deref(), Ok("second"));
    }
}

async fn a_step_that_comes_late_changes_nothing(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin("u").await;
    it.ask_to_move("u", "c2").await;
    let mut rows = vec![it.found("u").await];
    for point in POINTS {
        it.crash_at("u", point).await;
        rows.push(it.found("u").await);
    }
    let ended = it.found("u").await;
    for row in &rows {
        let late = it.mover.step(row, false).await;
        // What the row says now may be said again.
        assert!(late.is_err() || row.version == ended.version, "{row:?}");
        assert!(!matches!(late, Err(Stopped::Written)));
        let too_late = it.mover.step(row, true).await;
        assert!(too_late.is_err() || row.version == ended.version, "{row:?}");
        it.assert_in("u", "c2", "first").await;
    }
}

async fn a_move_that_comes_late_holds_nobody(engine: Engine) {
    let Some(mut it) = setting(engine).await else { return };
    // No service knows the user, who has written nothing.
    it.cluster.put("/1/user/u").form([("cluster", "c1")]).send().await;
    assert_eq!(it.ask_to_move("u", "c2").await.0, 202);
    let stalled = it.mover.clone();
    stalled.hold().at("mover::after_frozen");
    let abort = async {
        stalled.hold().is_reached().await;
        let row = it.found("u").await;
        it.restart().await;
        assert_eq!(it.abort("u").await, 204);
        it.settle().await;
        row
    };
    let row = tokio::select! {
        _ = stalled.settle("u") => panic!("not held"),
        row = abort => row,
    };
    assert!(stalled.step(&row, false).await.is_err());
    assert_eq!(it.write("u", "a", "first").await, 201);
    it.assert_in("u", "c1", "first").await;
}

async fn a_user_who_wrote_before_a_move_is_not_swept(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin("u").await;
    it.is_idle("u").await;
    assert_eq!(it.write("u", "a", "the directory sees nothing of it").await, 200);
    assert_eq!(it.ask_to_move("u", "c2").await.0, 202);
    it.settle().await;
    assert_eq!(it.sweep().await, (0, 1));
    it.settle().await;
    it.assert_in("u", "c2", "the directory sees nothing of it").await;
}

async fn a_user_is_promoted_while_moving(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    for (index, point) in POINTS.into_iter().enumerate() {
        let user = &format!("u{index}");
        it.begin(user).await;
        it.ask_to_move(user, "c2").await;
        it.mover.hold().at(point);
        let promote = async {
            it.mover.hold().is_reached().await;
            let put = it
                .cluster
                .put(&format!("/1/user/{user}"))
                .form([("anonymous", "false")])
                .send()
                .await;
            it.mover.hold().leave();
            put.status()
        };
        let (status, settled) = join(promote, it.mover.settle(user)).await;
        settled.expect("settled");
        it.settle().await;
        assert_eq!(status, 200, "{point}");
        it.assert_in(user, "c2", "first").await;
        assert!(!it.found(user).await.anonymous);
    }
}

async fn a_user_is_removed_while_moving(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    for (index, point) in POINTS.into_iter().enumerate() {
        let user = &format!("u{index}");
        it.begin(user).await;
        it.ask_to_move(user, "c2").await;
        it.mover.hold().at(point);
        let remove = async {
            it.mover.hold().is_reached().await;
            let deleted = it.cluster.delete(&format!("/1/user/{user}")).send().await;
            it.mover.hold().leave();
            deleted.status()
        };
        let (status, settled) = join(remove, it.mover.settle(user)).await;
        settled.expect("settled");
        it.settle().await;
        assert_eq!(status, 204, "{point}");
        for notes in &it.notes {
            assert_eq!(notes.count(user).await, 0, "{point}");
        }
        let clusters = if point == POINTS[5] { &["c2"][..] } else { &["c1", "c2"] };
        for cluster in clusters {
            assert_eq!(it.read(cluster, user, "a").await, Err(410), "{point} {cluster}");
        }
    }
}
