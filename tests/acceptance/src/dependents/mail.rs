//! Mails about clips. One that was sent cannot be undone: so it waits for a while, and then asks whether its clip was undone.

use std::time::Duration;

use database::{Database, Error, Transaction, values};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wsgiservice::{Application, Content, IdempotencyKey, NoContent, Problem, mount, resource};
use wsgiservice_client::{ClosestCluster, RestClient, path};

pub(super) const TABLE: &str =
    "CREATE TABLE mail (id {key} PRIMARY KEY, user_id {key} NOT NULL, subject {text} NOT NULL)";

/// Listens to clips.
#[mount("/1/mail_event")]
struct Event {
    database: Database,
    client: RestClient,
}

/// The mails of a user.
#[mount("/1/mail/{user}")]
struct Mails {
    database: Database,
}

/// What was sent.
#[derive(Serialize, JsonSchema)]
struct Sent {
    /// The subjects, sorted.
    mails: Vec<String>,
}

/// What is read of a ticket.
#[derive(Deserialize)]
struct Ticket {
    state: String,
}

pub(super) fn mount(
    application: Application,
    database: &Database,
    client: &RestClient,
) -> Application {
    let (database, client) = (database.clone(), client.clone());
    application.mount(Mails { database: database.clone() }).mount(Event { database, client })
}

#[resource]
impl Event {
    async fn post(
        &self,
        clip: Content<serde_json::Value>,
        key: Option<IdempotencyKey>,
        #[from(header = "ce-subject")] subject: String,
        #[from(header = "x-undo-ticket")] ticket: Option<String>,
    ) -> Result<NoContent, Problem> {
        drop(clip);
        let key = key.ok_or_else(|| Problem::bad_request("no key"))?;
        let user = subject.split('/').next().unwrap_or_default();
        if let Some(ticket) = ticket
            && self.is_undone(user, &ticket).await?
        {
            return Ok(NoContent);
        }
        let sent = self.send(key.key().to_owned(), user.to_owned(), subject.clone()).await;
        sent.map(|()| NoContent).map_err(Problem::internal)
    }
}

impl Event {
    /// Whether the clip was undone. It is not known while it is being undone.
    async fn is_undone(&self, user: &str, ticket: &str) -> Result<bool, Problem> {
        let call = self.client.get("command", ClosestCluster, path!("/1/undo/{user}/{ticket}"));
        let response = call.await.map_err(Problem::internal)?;
        if matches!(response.status().as_u16(), 404 | 410) {
            return Ok(false);
        }
        let response = response.error_for_status().map_err(Problem::internal)?;
        let ticket: Ticket = response.json().await.map_err(Problem::internal)?;
        match ticket.state.as_str() {
            "undone" => Ok(true),
            "undoing" => Err(Problem::service_unavailable(Duration::from_secs(1))),
            _ => Ok(false),
        }
    }

    async fn send(&self, id: String, user: String, subject: String) -> Result<(), Error> {
        let work = async move |transaction: &mut Transaction| {
            let columns = ["id", "user_id", "subject"];
            let insert = transaction.dialect().insert_or_ignore("mail", &columns);
            transaction.execute(&insert, &values![&id, &user, &subject]).await
        };
        self.database.write(work).await.map(|_| ())
    }
}

#[resource]
impl Mails {
    async fn get(&self, user: String) -> Result<Sent, Problem> {
        let select = "SELECT subject FROM mail WHERE user_id = ? ORDER BY subject";
        let rows = self.database.query(select, &values![user]).await.map_err(Problem::internal)?;
        let mails = rows.iter().map(|row| row.get(0)).collect::<Result<_, _>>();
        Ok(Sent { mails: mails.map_err(Problem::internal)? })
    }
}
