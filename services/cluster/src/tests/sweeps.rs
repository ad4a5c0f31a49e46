//! Anonymous users who do not come back are removed, and nobody else.

use engines::{Engine, on_each_engine};
use futures_util::future::join;
use serde_json::{Value as Json, json};
use wsgiservice::server::Stopping;

use super::{Setting, refusal, setting};
use crate::refusal::Refusal;

on_each_engine! {
    an_idle_user_is_removed_everywhere
    who_is_not_idle_or_not_anonymous_is_kept
    who_wrote_by_a_stale_look_up_is_kept
    who_wrote_to_one_service_only_is_kept
    a_visit_before_the_commit_takes_the_sweep_back
    a_visit_that_is_only_noted_is_before_the_sweep
    a_sweep_that_comes_late_holds_nobody
    a_sweep_goes_on_after_a_crash_at_each_step
    a_user_is_released_if_a_service_is_not_there
    a_sweep_that_takes_too_long_is_taken_back
    many_users_are_swept
    two_sweeps_at_once_are_harmless
    a_sweep_is_asked_for
}

const POINTS: [&str; 4] =
    ["sweep::after_expiring", "sweep::after_freeze", "sweep::after_commit", "sweep::after_purge"];

impl Setting {
    /// An anonymous user with a note and a profile, who was idle.
    async fn begin_idle(&self, user: &str) {
        self.begin(user).await;
        assert_eq!(self.write_profile(user).await, 201);
        self.is_idle(user).await;
    }

    async fn write_profile(&self, user: &str) -> u16 {
        let path = wsgiservice_client::path!("/1/note/{user}/profile");
        let call = self.frontend.put("profile", user, path).json("a profile");
        call.await.expect("a response").status().as_u16()
    }

    async fn assert_gone(&self, user: &str) {
        assert_eq!(refusal(&self.cluster.get(&format!("/1/user/{user}")).send().await).0, 410);
        for holder in [&self.notes[0], &self.profiles] {
            let (state, _) = holder.placement(user).await.expect("a mark");
            assert_eq!((state.as_str(), holder.count(user).await), ("gone", 0));
        }
    }

    async fn assert_active(&self, user: &str) {
        let row = self.row(user).await.expect("a row");
        assert_eq!((row.state.as_str(), row.unfinished), ("active", false));
        assert_eq!(self.read("c1", user, "a").await.as_deref(), Ok("first"));
        assert_eq!(self.write(user, "a", "first").await, 200);
        assert_eq!(self.write_profile(user).await, 200);
    }
}

async fn an_idle_user_is_removed_everywhere(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin_idle("u").await;
    assert_eq!(it.sweep().await, (1, 0));
    assert!(!it.row("u").await.expect("a row").unfinished, "the services know already");
    it.assert_gone("u").await;
    assert_eq!(it.sweep().await, (0, 0));
    assert_eq!(it.write("u", "a", "again").await, 410);
}

async fn who_is_not_idle_or_not_anonymous_is_kept(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin("u").await;
    it.begin("v").await;
    it.cluster.put("/1/user/v").form([("anonymous", "false")]).send().await;
    let update = "UPDATE assignment SET last_seen = last_seen - 2678400000 WHERE user_id = 'v'";
    it.execute(update, Vec::new()).await;
    assert_eq!(it.sweep().await, (0, 0));
    assert_eq!(it.read("c1", "v", "a").await.as_deref(), Ok("first"));
}

async fn who_wrote_by_a_stale_look_up_is_kept(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin_idle("u").await;
    assert_eq!(it.write("u", "b", "the directory sees nothing of it").await, 201);
    assert_eq!(it.sweep().await, (0, 1));
    it.settle().await;
    it.assert_active("u").await;
    assert_eq!(it.sweep().await, (0, 0), "it is no candidate for another 30 days");
}

async fn who_wrote_to_one_service_only_is_kept(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin_idle("u").await;
    assert_eq!(it.write_profile("u").await, 200);
    assert_eq!(it.sweep().await, (0, 1));
    it.settle().await;
    it.assert_active("u").await;
}

async fn a_visit_before_the_commit_takes_the_sweep_back(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    for (index, point) in POINTS.into_iter().enumerate() {
        let user = &format!("u{index}");
        it.begin_idle(user).await;
        it.mover.hold().at(point);
        let visit = async {
            it.mover.hold().is_reached().await;
            let visit = it.cluster.put(&format!("/1/user/{user}")).send().await;
            it.mover.hold().leave();
            visit
        };
        let (visit, swept) = join(visit, it.sweep()).await;
        it.settle().await;
        if index < 2 {
            assert_eq!((visit.status().as_u16(), swept), (200, (0, 1)), "{point}");
            assert_eq!(visit.json::<Json>()["state"], "active");
            it.assert_active(user).await;
        } else {
            assert_eq!((refusal(&visit), swept), ((410, json!("user-gone")), (1, 0)), "{point}");
            it.assert_gone(user).await;
        }
    }
}

async fn a_sweep_that_comes_late_holds_nobody(engine: Engine) {
    let Some(mut it) = setting(engine).await else { return };
    for (index, point) in POINTS.into_iter().take(2).enumerate() {
        // No service knows the user, who has written nothing.
        let user = &format!("u{index}");
        it.cluster.put(&format!("/1/user/{user}")).form([("cluster", "c1")]).send().await;
        it.is_idle(user).await;
        let stalled = it.mover.clone();
        stalled.hold().at(point);
        let visit = async {
            stalled.hold().is_reached().await;
            it.restart().await;
            let visit = it.cluster.put(&format!("/1/user/{user}")).send().await;
            it.settle().await;
            stalled.hold().leave();
            visit.status()
        };
        let (status, swept) = join(visit, stalled.sweep()).await;
        assert_eq!((status.as_u16(), swept.expect("a sweep").expired), (200, 0));
        it.settle().await;
        assert_eq!((it.write(user, "a", "first").await, it.write_profile(user).await), (201, 201));
    }
}

async fn a_visit_that_is_only_noted_is_before_the_sweep(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin_idle("u").await;
    let row = it.row("u").await.expect("a row");
    let visit = it.cluster.put("/1/user/u").send().await;
    assert_eq!(visit.json::<Json>()["version"], row.version);
    let swept = it.mover.directory().swap(&row, row.expiring()).await;
    assert!(matches!(swept, Err(Refusal::Stale)));
}

async fn a_sweep_goes_on_after_a_crash_at_each_step(engine: Engine) {
    let Some(mut it) = setting(engine).await else { return };
    for (index, point) in POINTS.into_iter().enumerate() {
        let user = &format!("u{index}");
        it.begin_idle(user).await;
        it.mover.hold().at(point);
        tokio::select! {
            _ = it.sweep() => panic!("{point} is not reached"),
            () = it.mover.hold().is_reached() => {}
        }
        it.restart().await;
        it.settle().await;
        it.assert_gone(user).await;
    }
}

async fn a_user_is_released_if_a_service_is_not_there(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin_idle("u").await;
    // A service whose database is away.
    let rename = "ALTER TABLE placement RENAME TO elsewhere";
    super::execute(it.profiles.data.database(), rename, Vec::new()).await;
    assert_eq!(it.sweep().await, (0, 1));
    let row = it.row("u").await.expect("a row");
    assert_eq!((row.state.as_str(), row.unfinished), ("active", true));
    let rename = "ALTER TABLE elsewhere RENAME TO placement";
    super::execute(it.profiles.data.database(), rename, Vec::new()).await;
    it.settle().await;
    it.assert_active("u").await;
}

async fn a_sweep_that_takes_too_long_is_taken_back(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin_idle("u").await;
    it.mover.hold().at(POINTS[1]);
    tokio::select! {
        _ = it.sweep() => panic!("not reached"),
        () = it.mover.hold().is_reached() => {}
    }
    it.execute("UPDATE assignment SET touched = touched - 31000", Vec::new()).await;
    it.settle().await;
    it.assert_active("u").await;
}

async fn many_users_are_swept(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    for number in 0..230 {
        it.cluster.put(&format!("/1/user/u{number}")).send().await;
    }
    it.execute("UPDATE assignment SET last_seen = last_seen - 2678400000", Vec::new()).await;
    assert_eq!(it.sweep().await, (230, 0));
}

async fn two_sweeps_at_once_are_harmless(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    for number in 0..20 {
        it.cluster.put(&format!("/1/user/u{number}")).send().await;
    }
    it.execute("UPDATE assignment SET last_seen = last_seen - 2678400000", Vec::new()).await;
    let ((first, kept), (second, also_kept)) = join(it.sweep(), it.sweep()).await;
    assert_eq!((first + second, kept + also_kept), (20, 0));
}

async fn a_sweep_is_asked_for(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    it.begin_idle("u").await;
    let swept = it.cluster.post("/1/sweep").send().await;
    assert_eq!((swept.status().as_u16(), swept.json()), (200, json!({"expired": 1, "kept": 0})));
    it.begin_idle("v").await;
    let stopping = Stopping::default();
    let until = async {
        while it.row("v").await.is_some_and(|row| row.state.as_str() != "gone" || row.unfinished) {
            tokio::task::yield_now().await;
        }
        stopping.request();
    };
    join(it.mover.sweep_hourly(&stopping), until).await;
    assert_eq!(it.notes[0].count("v").await, 0);
}
