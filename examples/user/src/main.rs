//! Stores and authenticates users.

mod argon2id;
mod database;
mod password;

use std::path::PathBuf;

use database::{Database, UserError};
use http::HeaderValue;
use password::Passwords;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;
use wsgiservice::{
    Application, Created, EntityTag, Preconditions, Problem, Request, Secret, Settings, mount,
    resource,
};

/// The state that all resources share.
#[derive(Clone)]
struct State {
    database: Database,
    passwords: Passwords,
}

/// Represents an individual user.
#[mount("/1/{id}")]
#[validate(id, re = "[-0-9a-zA-Z]{36}", doc = "User ID, must be a valid UUID.")]
#[validate(email, len = 1.., doc = "User's email. This is the unique identifier of a user.")]
#[validate(password, len = 1.., doc = "User's password.")]
#[derive(Clone)]
struct User {
    state: State,
}

#[resource]
impl User {
    async fn etag(&self, id: Uuid) -> Result<Option<EntityTag>, UserError> {
        self.state.database.tag(id).await
    }

    /// Return the user indicated by the ID.
    #[expires(days = 1, private)]
    async fn get(&self, id: Uuid) -> Result<Account, UserError> {
        self.state.database.get(id).await
    }

    /// Overwrite or create the user indicated by the ID.
    async fn put(
        &self,
        id: Uuid,
        email: String,
        password: Secret<String>,
        preconditions: Preconditions,
        request: &Request,
    ) -> Result<Status, UserError> {
        let is_given_up = || request.client_is_gone();
        let password = self.state.passwords.hash(password, is_given_up).await?;
        let account = Account { id, email };
        self.state.database.save(&account, &password, &preconditions).await?;
        Ok(Status::Saved { id, saved: true })
    }

    /// Delete the user indicated by the ID.
    async fn delete(&self, id: Uuid, preconditions: Preconditions) -> Result<Status, UserError> {
        self.state.database.delete(id, &preconditions).await?;
        Ok(Status::Deleted { id, deleted: true })
    }

    /// The XML of the Python original, including its spelling of `True`.
    #[representation(".xml", "text/xml")]
    fn xml(&self, status: &Status) -> String {
        let (done, id) = match status {
            Status::Saved { id, .. } => ("saved", id),
            Status::Deleted { id, .. } => ("deleted", id),
        };
        format!("<status {done}=\"True\"><id>{id}</id></status>")
    }
}

/// Represents all users.
#[mount("/1/")]
#[validate(email, len = 1.., doc = "User's email. This is the unique identifier of a user.")]
#[validate(password, len = 1.., doc = "User's password.")]
struct Users {
    user: User,
}

#[resource]
impl Users {
    /// Create a new user, assigning a unique ID.
    async fn post(
        &self,
        email: String,
        password: Secret<String>,
        request: &Request,
    ) -> Result<Created<Status>, UserError> {
        let id = Uuid::new_v4();
        let saved = self.user.put(id, email, password, Preconditions::default(), request).await?;
        Ok(Created::at(id.to_string(), saved))
    }
}

/// Authenticate users.
#[mount("/1/auth/{email}")]
#[validate(email, len = 1.., doc = "User's email. This is the unique identifier of a user.")]
#[validate(password, len = 1.., doc = "User's password.")]
struct Authentication {
    state: State,
}

#[resource]
impl Authentication {
    /// Return the user with this email and password.
    async fn post(
        &self,
        email: String,
        password: Secret<String>,
        request: &Request,
    ) -> Result<Account, Problem> {
        let (account, hash) = self.state.database.find(&email).await?.unzip();
        // Verified even for an unknown email: the response time must not reveal which users exist.
        let is_given_up = || request.client_is_gone();
        let is_right = self.state.passwords.verify(password, hash, is_given_up).await;
        let is_right = is_right.map_err(UserError::from)?;
        account.filter(|_| is_right).ok_or_else(|| {
            let challenge = HeaderValue::from_static("Form realm=\"users\"");
            Problem::unauthorized(challenge).detail("The email or the password is wrong.")
        })
    }
}

/// A user, without the password.
#[derive(Serialize, JsonSchema)]
struct Account {
    id: Uuid,
    email: String,
}

/// The result of saving or deleting a user.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum Status {
    Saved { id: Uuid, saved: bool },
    Deleted { id: Uuid, deleted: bool },
}

#[derive(Settings)]
struct Options {
    /// The SQLite file for the users; by default, they are lost when the service stops.
    #[setting(value_name = "FILE")]
    database: Option<PathBuf>,
}

fn main() -> wsgiservice::Result<()> {
    wsgiservice::run(async |options: Options| {
        let database = Database::new(options.database.as_deref());
        let state = State { database, passwords: Passwords::new()? };
        Ok(application(state))
    })
}

fn application(state: State) -> Application {
    let [opened, checked, closed] = std::array::from_fn(|_| state.database.clone());
    let (user, hashing) = (User { state: state.clone() }, state.passwords.hashing.clone());
    Application::new("user")
        .mount(user.clone())
        .mount(Users { user })
        .mount(Authentication { state })
        .metric(&hashing)
        .check("database", async move || checked.check().await)
        .on_start(async move { opened.set_up().await })
        .on_stop(async move { closed.close().await })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_openapi_document_matches_its_snapshot() {
        let state =
            State { database: Database::new(None), passwords: Passwords::new().expect("a hash") };
        wsgiservice::testing::assert_openapi(application(state), "openapi.json");
    }
}
