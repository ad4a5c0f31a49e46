//! Stores documents.

mod database;

use std::path::PathBuf;

use database::{Database, StoreError};
use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;
use wsgiservice::{
    Application, Content, Created, EntityTag, Preconditions, Settings, content::Body, mount,
    resource,
};

/// The fields of a document by name, in the client's order.
type Fields = IndexMap<String, String>;

/// Represents an individual document in the document store.
#[mount("/{id}")]
#[validate(id, re = "[-0-9a-zA-Z]{36}", doc = "Document ID, must be a valid UUID.")]
#[derive(Clone)]
struct Document {
    database: Database,
}

#[resource]
impl Document {
    async fn etag(&self, id: Uuid) -> Result<Option<EntityTag>, StoreError> {
        self.database.tag(id).await
    }

    /// Return the document indicated by the ID.
    async fn get(&self, id: Uuid) -> Result<Stored, StoreError> {
        self.database.get(id).await.map(|fields| Stored { id, fields })
    }

    /// Overwrite or create the document indicated by the ID.
    ///
    /// Sets the fields in the content, and keeps all other fields of an existing document.
    async fn put(
        &self,
        id: Uuid,
        content: Option<Content<Fields>>,
        preconditions: Preconditions,
    ) -> Result<Saved, StoreError> {
        let mut fields = content.map(Content::into_inner).unwrap_or_default();
        fields.shift_remove("id");
        self.database.save(id, fields, &preconditions).await?;
        Ok(Saved { id, saved: true })
    }

    /// Delete the document indicated by the ID.
    async fn delete(
        &self,
        id: Uuid,
        preconditions: Preconditions,
    ) -> Result<http::Response<Body>, StoreError> {
        self.database.delete(id, &preconditions).await?;
        // A 200 without content, like the Python original; a new service would return `NoContent`.
        Ok(http::Response::default())
    }
}

/// Represents all documents.
#[mount("/")]
struct Documents {
    document: Document,
}

#[resource]
impl Documents {
    /// Create a new document, assigning a unique ID.
    ///
    /// The content holds the fields of the document.
    async fn post(&self, content: Option<Content<Fields>>) -> Result<Created<Saved>, StoreError> {
        let id = Uuid::new_v4();
        let saved = self.document.put(id, content, Preconditions::default()).await?;
        Ok(Created::at(id.to_string(), saved))
    }
}

#[derive(Serialize, JsonSchema)]
struct Stored {
    id: Uuid,
    #[serde(flatten)]
    fields: Fields,
}

#[derive(Serialize, JsonSchema)]
struct Saved {
    id: Uuid,
    saved: bool,
}

#[derive(Settings)]
struct Options {
    /// The SQLite file for the documents; by default, they are lost when the service stops.
    #[setting(value_name = "FILE")]
    database: Option<PathBuf>,
}

fn main() -> wsgiservice::Result<()> {
    wsgiservice::run(async |options: Options| {
        Ok(application(Database::new(options.database.as_deref())))
    })
}

fn application(database: Database) -> Application {
    let (opened, checked, closed) = (database.clone(), database.clone(), database.clone());
    let document = Document { database };
    Application::new("store")
        .mount(document.clone())
        .mount(Documents { document })
        .check("database", async move || checked.check().await)
        .on_start(async move { opened.set_up().await })
        .on_stop(async move { closed.close().await })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_openapi_document_matches_its_snapshot() {
        let application = application(Database::new(None));
        wsgiservice::testing::assert_openapi(application, "openapi.json");
    }
}
