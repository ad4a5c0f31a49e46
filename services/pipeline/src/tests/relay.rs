//! What is in the outbox of a service with data arrives at the listeners.

use database::{
    Database, Transaction,
    data::{OUTBOX, Relay},
    values,
};
use engines::Engine;
use wsgiservice_client::RestClient;

use super::{listener, setting};
use crate::{Listener, Ordered, with};

#[tokio::test]
async fn the_events_of_an_outbox_arrive_once_and_in_order() {
    let topics = ["item".to_owned(), "user_removed".to_owned()];
    let index = Listener { topics: topics.into(), ordered: Ordered::User, ..listener("index") };
    let Some(mut it) = setting(Engine::Sqlite, vec![index]).await else { return };
    let pipeline = with(&it.dispatcher, it.settings.clone()).build().expect("an application");
    let client = RestClient::builder().service("pipeline", pipeline).build().expect("a client");
    let folder = tempfile::tempdir().expect("a folder");
    let url = engines::database(Engine::Sqlite, folder.path()).expect("a file");
    let outbox = Database::open(&url).expect("a database");
    outbox.migrate(&[OUTBOX]).await.expect("a table");
    let relay = Relay::new(outbox.clone(), client);
    // The second time is that of a relay that was killed before it could remove them.
    for _ in 0..2 {
        put(&outbox).await;
        assert!(relay.tell().await.expect("a database"), "all are taken");
    }
    it.settle().await;
    assert_eq!(it.fakes[0].contents(), ["0", "1", "2"]);
    let subjects: Vec<_> =
        it.fakes[0].received().iter().map(|it| it.fields["ce-subject"].clone()).collect();
    assert_eq!(subjects, ["u7/a%20b", "u7/a%20b", "u7"]);
}

/// Puts three events into an outbox.
async fn put(outbox: &Database) {
    let work = async |transaction: &mut Transaction| {
        let paths = ["/1/item/u7/a%20b", "/1/item/u7/a%20b", "/1/user_removed/u7"];
        for (version, path) in (0_i64..).zip(paths) {
            let insert = "INSERT INTO outbox (user_id, version, id, path, content, at) VALUES (?, ?, ?, ?, ?, 0)";
            let id = format!("{version:032x}");
            let values = values!["u7", version, id, path, version.to_string()];
            transaction.execute(insert, &values).await?;
        }
        Ok::<_, database::Error>(())
    };
    outbox.write(work).await.expect("done");
}
