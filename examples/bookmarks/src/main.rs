//! Keeps the bookmarks of its users.

#[cfg(test)]
mod tests;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, SqliteConnection, SqlitePool, sqlite::SqlitePoolOptions};
use wsgiservice::{
    Application, Authorize, Authorized, Bearer, Content, Created, EntityTag, NoContent,
    Preconditions, Problem, Request, Secret, Settings,
    answer::{Binary, Page, media_type::Png},
    content::{File, Patch},
    mount, resource,
    server::Stopping,
};

/// The bookmarks of the user.
#[mount("/bookmarks")]
struct Bookmarks {
    pool: SqlitePool,
}

#[resource]
impl Bookmarks {
    /// List the bookmarks, the newest first.
    async fn get(
        &self,
        user: Authorized<User>,
        tag: Option<String>,
        #[validate(default = 0)] start: u32,
        #[validate(range = 1..=100, default = 20)] count: u32,
    ) -> Result<Page<Bookmark>, Failure> {
        let rows = sqlx::query_as(LIST).bind(user.id).bind(tag).bind(count + 1).bind(start);
        let mut bookmarks = rows.fetch_all(&self.pool).await?;
        let has_more = bookmarks.len() > count as usize;
        bookmarks.truncate(count as usize);
        Ok(Page::new(bookmarks, has_more))
    }

    /// Create a bookmark.
    async fn post(
        &self,
        user: Authorized<User>,
        content: Content<New>,
    ) -> Result<Created<Bookmark>, Failure> {
        let New { url, title, tag, note } = content.into_inner();
        let row = sqlx::query_as(INSERT).bind(user.id).bind(url).bind(title).bind(tag).bind(note);
        let created: Bookmark = row.fetch_one(&self.pool).await?;
        Ok(Created::at(Individual::path(created.id), created))
    }

    #[representation(".csv", "text/csv")]
    fn csv(&self, page: &Page<Bookmark>) -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let line = |it: &Bookmark| format!("{},{}\r\n", quoted(&it.new.url), quoted(&it.new.title));
        page.items().iter().map(line).collect()
    }
}

/// A bookmark of the user.
#[mount("/bookmarks/{id}")]
struct Individual {
    pool: SqlitePool,
}

#[resource]
impl Individual {
    async fn etag(&self, user: Authorized<User>, id: i64) -> Result<Option<EntityTag>, Failure> {
        Ok(Some(self.get(user, id).await?.tag()))
    }

    /// Return the bookmark.
    async fn get(&self, user: Authorized<User>, id: i64) -> Result<Bookmark, Failure> {
        Bookmark::find(&mut *self.pool.acquire().await?, &user, id).await
    }

    /// Replace the bookmark.
    async fn put(
        &self,
        user: Authorized<User>,
        id: i64,
        content: Content<New>,
        preconditions: Preconditions,
    ) -> Result<Bookmark, Failure> {
        let new = content.into_inner();
        Bookmark::change(&self.pool, &user, id, &preconditions, |_| new).await
    }

    /// Change the title or the note.
    async fn patch(
        &self,
        user: Authorized<User>,
        id: i64,
        content: Content<Change>,
        preconditions: Preconditions,
    ) -> Result<Bookmark, Failure> {
        let Change { title, note } = content.into_inner();
        let change =
            |old: New| New { title: title.unwrap_or(old.title), note: note.apply(old.note), ..old };
        Bookmark::change(&self.pool, &user, id, &preconditions, change).await
    }

    /// Remove the bookmark.
    async fn delete(
        &self,
        user: Authorized<User>,
        id: i64,
        preconditions: Preconditions,
    ) -> Result<NoContent, Failure> {
        let mut transaction = self.pool.begin_with("BEGIN IMMEDIATE").await?;
        Bookmark::check(&mut transaction, &user, id, &preconditions).await?;
        sqlx::query("DELETE FROM bookmarks WHERE id = ?")
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(NoContent)
    }
}

/// A picture of the page that a bookmark leads to.
#[mount("/bookmarks/{id}/shot")]
struct Shot {
    pool: SqlitePool,
}

#[resource]
impl Shot {
    /// Return the picture.
    async fn get(&self, user: Authorized<User>, id: i64) -> Result<Option<Binary<Png>>, Failure> {
        let shot = sqlx::query_scalar("SELECT shot FROM bookmarks WHERE user = ? AND id = ?");
        let shot: Option<Option<Vec<u8>>> =
            shot.bind(user.id).bind(id).fetch_optional(&self.pool).await?;
        Ok(shot.flatten().map(Binary::of))
    }

    /// Upload the picture.
    #[limit(content = 5 << 20)]
    async fn put(&self, user: Authorized<User>, id: i64, shot: File) -> Result<NoContent, Failure> {
        let update = sqlx::query("UPDATE bookmarks SET shot = ? WHERE user = ? AND id = ?");
        let update = update.bind(&shot.content()[..]).bind(user.id).bind(id);
        match update.execute(&self.pool).await?.rows_affected() {
            0 => Err(Failure::Missing),
            _ => Ok(NoContent),
        }
    }
}

#[derive(Deserialize, Serialize, JsonSchema, FromRow)]
struct New {
    url: String,
    title: String,
    tag: Option<String>,
    note: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct Change {
    title: Option<String>,
    note: Patch<String>,
}

#[derive(Serialize, JsonSchema, FromRow)]
struct Bookmark {
    id: i64,
    #[serde(skip)]
    revision: i64,
    #[serde(flatten)]
    #[sqlx(flatten)]
    new: New,
}

impl Bookmark {
    fn tag(&self) -> EntityTag {
        EntityTag::strong(self.revision.to_string())
    }

    async fn find(database: &mut SqliteConnection, user: &User, id: i64) -> Result<Self, Failure> {
        let row = sqlx::query_as("SELECT * FROM bookmarks WHERE user = ? AND id = ?");
        row.bind(user.id).bind(id).fetch_optional(database).await?.ok_or(Failure::Missing)
    }

    /// Finds a bookmark, if the preconditions are true.
    async fn check(
        database: &mut SqliteConnection,
        user: &User,
        id: i64,
        preconditions: &Preconditions,
    ) -> Result<Self, Failure> {
        let bookmark = Self::find(database, user, id).await?;
        preconditions.check(Some(&bookmark.tag()), None).map_err(|_| Failure::Changed)?;
        Ok(bookmark)
    }

    /// Changes a bookmark in a transaction, if the preconditions are true in it.
    async fn change(
        pool: &SqlitePool,
        user: &User,
        id: i64,
        preconditions: &Preconditions,
        change: impl FnOnce(New) -> New,
    ) -> Result<Self, Failure> {
        let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
        let old = Self::check(&mut transaction, user, id, preconditions).await?;
        let New { url, title, tag, note } = change(old.new);
        let row = sqlx::query_as(UPDATE).bind(url).bind(title).bind(tag).bind(note).bind(id);
        let changed = row.fetch_one(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(changed)
    }
}

/// Who a request comes from.
#[derive(FromRow)]
struct User {
    id: i64,
}

/// Knows the users by their tokens.
struct Login {
    pool: SqlitePool,
}

impl Authorize for Login {
    type Credentials = Bearer;
    type Principal = User;

    async fn authorize(&self, login: Bearer, _: &Request) -> Result<User, Problem> {
        let user = sqlx::query_as("SELECT id FROM users WHERE token = ?");
        let user = user.bind(login.token().expose()).fetch_optional(&self.pool).await;
        user.map_err(Failure::from)?.ok_or_else(Bearer::refused)
    }
}

#[derive(Debug, thiserror::Error, Problem)]
enum Failure {
    #[error("Not Found")]
    #[problem(404)]
    Missing,
    /// The user has a bookmark with this address.
    #[error("the address is bookmarked already")]
    #[problem(409, type = "bookmarked-already", only = [post, put])]
    Bookmarked,
    #[error("the bookmark has changed since")]
    #[problem(412)]
    Changed,
    #[error(transparent)]
    #[problem(500)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match error.as_database_error().is_some_and(|error| error.is_unique_violation()) {
            true => Self::Bookmarked,
            false => Self::Database(error),
        }
    }
}

#[derive(Settings)]
struct Options {
    /// The database; by default, it is lost when the service stops.
    #[setting(default = "sqlite::memory:", value_name = "URL")]
    database: String,
    /// The token of the first user.
    token: Secret<String>,
}

fn main() -> wsgiservice::Result<()> {
    wsgiservice::run(async |options: Options| Ok(application(options)?))
}

fn application(options: Options) -> Result<Application, sqlx::Error> {
    // An in-memory database is one connection.
    let pool = SqlitePoolOptions::new().max_connections(1).connect_lazy(&options.database)?;
    let (tables, optimized) = (pool.clone(), pool.clone());
    Ok(Application::new("bookmarks")
        .authorize(Login { pool: pool.clone() })
        .mount(Bookmarks { pool: pool.clone() })
        .mount(Individual { pool: pool.clone() })
        .mount(Shot { pool })
        .on_start(async move {
            let tables = sqlx::query(TABLES).bind(options.token.expose()).execute(&tables);
            tables.await.map(|_| ())
        })
        .background("optimizer", async move |stopping| optimize(optimized, stopping).await))
}

/// Lets SQLite look at its indexes each hour.
async fn optimize(pool: SqlitePool, stopping: Stopping) -> Result<(), sqlx::Error> {
    while !stopping.is_requested() {
        sqlx::query("PRAGMA optimize").execute(&pool).await?;
        let hour = tokio::time::sleep(Duration::from_secs(3600));
        tokio::select! { () = stopping.requested() => {} () = hour => {} }
    }
    Ok(())
}

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE IF NOT EXISTS bookmarks (id INTEGER PRIMARY KEY, user INTEGER NOT NULL, revision INTEGER NOT NULL DEFAULT 1,
        url TEXT NOT NULL, title TEXT NOT NULL, tag TEXT, note TEXT, shot BLOB, UNIQUE (user, url)) STRICT;
    INSERT OR IGNORE INTO users (token) VALUES (?)";
const LIST: &str = "SELECT * FROM bookmarks WHERE user = ? AND tag IS ifnull(?, tag) ORDER BY id DESC LIMIT ? OFFSET ?";
const INSERT: &str =
    "INSERT INTO bookmarks (user, url, title, tag, note) VALUES (?, ?, ?, ?, ?) RETURNING *";
const UPDATE: &str = "UPDATE bookmarks SET revision = revision + 1, url = ?, title = ?, tag = ?, note = ? WHERE id = ? RETURNING *";
