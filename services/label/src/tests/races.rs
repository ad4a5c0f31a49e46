//! Changes at the same time.

use engines::{Engine, on_each_engine};
use futures_util::future::{join, join_all};
use wsgiservice::testing::TestRequest;

use super::{begun, setting, version};

on_each_engine! {
    of_several_changes_of_one_version_one_succeeds
    no_item_has_a_label_that_is_gone
    what_was_acknowledged_keeps_its_label
}

/// How many items are in labels that are gone.
const LOST: &str = "SELECT COUNT(*) FROM label_item WHERE gone IS NULL AND NOT EXISTS (SELECT 1 FROM label \
                    WHERE label.user_id = label_item.user_id AND label.label = label_item.label AND label.gone IS NULL)";

async fn of_several_changes_of_one_version_one_succeeds(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    let it = &it;
    it.done(201, it.put("/1/label/u/later")).await;
    for target in ["/1/label/u/later", "/1/label_item/u/inbox/a"] {
        let tag = &format!("\"{}\"", version(&it.get(target).await));
        let change = async |request: TestRequest| {
            request.header("if-match", tag).send().await.status().is_success()
        };
        // Not the other way round: what was deleted is missing, whatever a request states.
        let requests = [it.put(target), it.put(target), it.delete(target), it.delete(target)];
        let succeeded = join_all(requests.into_iter().map(change)).await;
        assert_eq!(succeeded.into_iter().filter(|it| *it).count(), 1, "{target}");
    }
}

async fn no_item_has_a_label_that_is_gone(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    let it = &it;
    let batch = async |number: usize| {
        let ensured = it.put("/1/label/u/inbox").header("if-none-match", "*").send().await;
        assert!([201, 412].contains(&ensured.status().as_u16()), "{}", ensured.text());
        let put = it.put(&format!("/1/label_item/u/inbox/i{number}")).send().await;
        assert!([200, 201, 404].contains(&put.status().as_u16()), "{}", put.text());
    };
    let cascade = async |number: usize| {
        let deleted = it.delete("/1/label/u/inbox?cascade=1").send().await;
        assert!([204, 404].contains(&deleted.status().as_u16()), "{}", deleted.text());
        if deleted.status() == 204 && number % 3 == 1 {
            let restore = it.put(&format!("/1/label/u/inbox?restore={}", version(&deleted)));
            let restored = restore.send().await;
            assert!([201, 412].contains(&restored.status().as_u16()), "{}", restored.text());
        }
    };
    let both = |number| async move { join(batch(number), cascade(number)).await };
    for _ in 0..3 {
        join_all((0..25).map(both)).await;
        assert_eq!(it.number(LOST).await, 0);
    }
}

async fn what_was_acknowledged_keeps_its_label(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let it = &it;
    let batches = (0..25).map(|number| async move {
        it.put("/1/label/u/inbox").header("if-none-match", "*").send().await;
        let put = it.put(&format!("/1/label_item/u/inbox/i{number}")).send().await;
        (put.status() == 201).then(|| format!("i{number}"))
    });
    let deletes = (0..25).map(|_| async {
        let deleted = it.delete("/1/label/u/inbox").send().await;
        assert!([204, 404, 409].contains(&deleted.status().as_u16()), "{}", deleted.text());
    });
    let (acknowledged, _) = join(join_all(batches), join_all(deletes)).await;
    let mut acknowledged: Vec<_> = acknowledged.into_iter().flatten().collect();
    acknowledged.sort_unstable();
    let mut kept = match acknowledged.is_empty() {
        true => Vec::new(),
        false => it.items("inbox").await,
    };
    kept.sort_unstable();
    assert_eq!(kept, acknowledged);
    assert_eq!(it.number(LOST).await, 0);
}
