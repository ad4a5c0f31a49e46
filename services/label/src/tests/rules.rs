//! Which names and values are kept, and which are refused.

use engines::{Engine, on_each_engine};
use serde_json::{Value as Json, json};

use super::{begun, setting};

on_each_engine! {
    the_longest_names_are_kept
    values_that_break_a_rule_are_refused
}

async fn the_longest_names_are_kept(engine: Engine) {
    let Some(it) = setting(engine).await else { return };
    let longest = |first: &str| {
        let name = format!("{first}{}", "\u{1F600}".repeat(189));
        name.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>()
    };
    let [user, label, item] = ["u", "l", "i"].map(longest);
    it.done(201, it.put(&format!("/1/label/{user}/{label}"))).await;
    it.done(201, it.put(&format!("/1/label_item/{user}/{label}/{item}"))).await;
    let list: Json = it.get(&format!("/1/label_item/{user}/{label}")).await.json();
    assert_eq!(list["total"], 1);
    it.done(204, it.delete(&format!("/1/label/{user}/{label}?cascade=1"))).await;
    it.done(400, it.put(&format!("/1/label/{user}/{label}x"))).await;
}

async fn values_that_break_a_rule_are_refused(engine: Engine) {
    let Some(it) = begun(engine).await else { return };
    for position in ["NaN", "inf", "1e16", "-1e16", "x"] {
        it.done(400, it.put("/1/label_item/u/inbox/a").form([("position", position)])).await;
    }
    for title in ["a\u{0}b", "a\nb"] {
        it.done(400, it.put("/1/label/u/inbox").json(&json!({"title": title}))).await;
    }
    it.done(400, it.put("/1/label/u/inbox").json(&json!({"title": "x".repeat(1_001)}))).await;
    let longest = "\u{1F600}".repeat(1_000);
    it.done(200, it.put("/1/label/u/inbox").json(&json!({"title": longest}))).await;
    it.done(400, it.put("/1/label/u/a%00b")).await;
}
