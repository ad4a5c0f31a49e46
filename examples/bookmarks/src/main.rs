//! Keeps the bookmarks of its users.

#[cfg(test)]
mod tests;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::{FromRow, SqlitePool, sqlite::SqlitePoolOptions};
use wsgiservice::{
    Application, Authorize, Authorized, Bearer, Content, Created, EntityTag, NoContent,
    Preconditions, Problem, Request, Secret, Settings,
    answer::{Binary, Page, media_type::Png},
    content::{File, Patch},
    mount, resource,
};

/// The bookmarks of the user.
#[mount("/bookmarks")]
struct Bookmarks;

#[resource]
impl Bookmarks {
    /// List the bookmarks, the newest first.
    async fn get(
        &self,
        user: User,
        tag: Option<String>,
        #[validate(default = 0)] start: u32,
        #[validate(range = 1..=100, default = 20)] count: u32,
    ) -> Result<Page<Bookmark>, Failure> {
        let rows = sqlx::query_as(LIST).bind(user.id).bind(tag).bind(count + 1).bind(start);
        Ok(Page::of(rows.fetch_all(&user.pool).await?, count))
    }

    /// Create a bookmark.
    async fn post(&self, user: User, new: Content<New>) -> Result<Created<Bookmark>, Failure> {
        let New { url, title, tag, note } = new.into_inner();
        let row = sqlx::query_as(INSERT).bind(user.id).bind(url).bind(title).bind(tag).bind(note);
        let created: Bookmark = row.fetch_one(&user.pool).await?;
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
struct Individual;

#[resource]
impl Individual {
    async fn etag(&self, user: User, id: i64) -> Found<EntityTag> {
        Ok(self.get(user, id).await?.map(|bookmark| EntityTag::strong(bookmark.revision)))
    }

    /// Return the bookmark.
    async fn get(&self, user: User, id: i64) -> Found {
        let row = sqlx::query_as("SELECT * FROM bookmarks WHERE user = ? AND id = ?");
        Ok(row.bind(user.id).bind(id).fetch_optional(&user.pool).await?)
    }

    /// Replace the bookmark.
    async fn put(&self, user: User, id: i64, new: Content<New>, seen: Preconditions) -> Found {
        let New { url, title, tag, note } = new.into_inner();
        let row = sqlx::query_as(REPLACE).bind(url).bind(title).bind(tag).bind(note);
        let row = row.bind(user.id).bind(id).bind(seen.tag().map(EntityTag::opaque));
        Ok(row.fetch_optional(&user.pool).await?)
    }

    /// Change the title or the note.
    async fn patch(&self, user: User, id: i64, to: Content<Change>, seen: Preconditions) -> Found {
        let Change { title, note } = to.into_inner();
        let keep = note == Patch::Absent;
        let row = sqlx::query_as(CHANGE).bind(title).bind(keep).bind(note.apply(None));
        let row = row.bind(user.id).bind(id).bind(seen.tag().map(EntityTag::opaque));
        Ok(row.fetch_optional(&user.pool).await?)
    }

    /// Remove the bookmark.
    async fn delete(&self, user: User, id: i64, seen: Preconditions) -> Found<NoContent> {
        let tag = seen.tag().map(EntityTag::opaque);
        let deleted = sqlx::query(DELETE).bind(user.id).bind(id).bind(tag).execute(&user.pool);
        Ok((deleted.await?.rows_affected() > 0).then_some(NoContent))
    }
}

/// A picture of the page that a bookmark leads to.
#[mount("/bookmarks/{id}/shot")]
struct Shot;

#[resource]
impl Shot {
    /// Return the picture.
    async fn get(&self, user: User, id: i64) -> Found<Binary<Png>> {
        let shot = sqlx::query_scalar("SELECT shot FROM bookmarks WHERE user = ? AND id = ?");
        let shot = shot.bind(user.id).bind(id).fetch_optional(&user.pool).await?;
        Ok(shot.flatten().map(|shot: Vec<u8>| Binary::of(shot)))
    }

    /// Upload the picture.
    #[limit(content = 5 << 20)]
    async fn put(&self, user: User, id: i64, shot: File) -> Found<NoContent> {
        let update = sqlx::query("UPDATE bookmarks SET shot = ? WHERE user = ? AND id = ?");
        let update = update.bind(&shot.content()[..]).bind(user.id).bind(id);
        Ok((update.execute(&user.pool).await?.rows_affected() > 0).then_some(NoContent))
    }
}

/// What is found in the database; `None` is a 404.
type Found<T = Bookmark> = Result<Option<T>, Failure>;

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

#[derive(Debug, thiserror::Error, Problem)]
enum Failure {
    /// The user has a bookmark with this address.
    #[error("the address is bookmarked already")]
    #[problem(409, type = "bookmarked-already", only = [Bookmarks::post, Individual::put])]
    Bookmarked,
    #[error(transparent)]
    #[problem(500)]
    Database(sqlx::Error),
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        let is_twice = error.as_database_error().is_some_and(|it| it.is_unique_violation());
        if is_twice { Self::Bookmarked } else { Self::Database(error) }
    }
}

/// Who a request comes from.
type User = Authorized<Account>;

struct Account {
    id: i64,
    pool: SqlitePool,
}

/// Knows the users by their tokens.
struct Login(SqlitePool);

impl Authorize for Login {
    type Credentials = Bearer;
    type Principal = Account;

    async fn authorize(&self, login: Bearer, _: &Request) -> Result<Account, Problem> {
        let id = sqlx::query_scalar("SELECT id FROM users WHERE token = ?");
        let id = id.bind(login.token().expose()).fetch_optional(&self.0).await;
        let id = id.map_err(Failure::from)?.ok_or_else(Bearer::refused)?;
        Ok(Account { id, pool: self.0.clone() })
    }
}

#[derive(Settings)]
struct Options {
    /// The database; by default, it is lost when the service stops.
    #[setting(default = "sqlite::memory:", value_name = "URL")]
    database: String,
    /// The token of the first user.
    #[setting(len = 1..)]
    token: Secret<String>,
}

fn main() -> wsgiservice::Result<()> {
    wsgiservice::run(async |options: Options| Ok(application(options)?))
}

fn application(options: Options) -> Result<Application, sqlx::Error> {
    // An in-memory database is one connection.
    let pool = SqlitePoolOptions::new().max_connections(1).connect_lazy(&options.database)?;
    let (set_up, checked, optimized) = (pool.clone(), pool.clone(), pool.clone());
    Ok(Application::new("bookmarks")
        .authorize(Login(pool))
        .mount(Bookmarks)
        .mount(Individual)
        .mount(Shot)
        .check("database", async move || checked.acquire().await.map(|_| ()))
        .on_start(async move {
            let tables = sqlx::query(include_str!("schema.sql")).bind(options.token.expose());
            tables.execute(&set_up).await.map(|_| ())
        })
        .background("optimizer", async move |stopping| {
            while stopping.pause(Duration::from_hours(1)).await {
                sqlx::query("PRAGMA optimize").execute(&optimized).await?;
            }
            Ok::<_, sqlx::Error>(())
        }))
}

const LIST: &str = "SELECT * FROM bookmarks WHERE user = ? AND tag IS ifnull(?, tag)
    ORDER BY id DESC LIMIT ? OFFSET ?";
const INSERT: &str =
    "INSERT INTO bookmarks (user, url, title, tag, note) VALUES (?, ?, ?, ?, ?) RETURNING *";
const REPLACE: &str =
    "UPDATE bookmarks SET revision = revision + 1, url = ?, title = ?, tag = ?, note = ?
    WHERE user = ? AND id = ? AND revision = ifnull(?, revision) RETURNING *";
const CHANGE: &str =
    "UPDATE bookmarks SET revision = revision + 1, title = ifnull(?, title), note = iif(?, note, ?)
    WHERE user = ? AND id = ? AND revision = ifnull(?, revision) RETURNING *";
const DELETE: &str =
    "DELETE FROM bookmarks WHERE user = ? AND id = ? AND revision = ifnull(?, revision)";
