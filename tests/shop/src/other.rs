//! Resources of other kinds: an upload, recursion, a login, representations, a proxy.

use http::HeaderValue;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wsgiservice::{
    Application, Content, NoContent, Problem, Request, Secret,
    answer::{Accepted, Binary, SeeOther},
    content::{Body, File},
    mount, resource,
};

use crate::{
    BasicDenied, ShopError,
    orders::{Currency, Payment},
};

/// The picture of an article.
#[mount("/pictures/{sku}")]
#[limit(content = 10 << 20)]
#[validate(sku, re = "[A-Z]-[0-9]+", doc = "The article.", example = "A-1")]
struct Picture;

#[resource]
impl Picture {
    /// Return the picture.
    async fn get(&self, sku: String) -> Option<Binary> {
        Some(Binary::new(sku, HeaderValue::from_static("image/png")))
    }

    /// Upload a picture.
    async fn post(
        &self,
        sku: String,
        #[validate(len = 1..=80, doc = "What is on it.")] title: String,
        #[validate(doc = "The picture, a PNG.")] picture: File,
        #[validate(doc = "More pictures.")] more: Vec<File>,
    ) -> Result<Accepted<Uploaded>, ShopError> {
        drop((title, more));
        Ok(Accepted(Uploaded { sku, size: picture.content().len() as u64 }))
    }

    /// Replace the picture.
    async fn put(&self, sku: String, content: bytes::Bytes) -> NoContent {
        drop((sku, content));
        NoContent
    }
}

#[derive(Serialize, JsonSchema)]
struct Uploaded {
    sku: String,
    size: u64,
}

/// A category, and those below it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Node {
    name: String,
    children: Vec<Self>,
    parent: Option<Box<Self>>,
}

/// The tree of categories.
#[mount("/tree", etag = auto)]
struct Tree;

#[resource]
impl Tree {
    /// Return the tree.
    async fn get(&self) -> Node {
        Node { name: "root".into(), children: Vec::new(), parent: None }
    }

    /// Replace the tree.
    async fn put(&self, content: Content<Node>) -> Node {
        content.into_inner()
    }
}

/// A login.
#[mount("/login")]
struct Login;

#[resource]
impl Login {
    /// Log in.
    async fn post(
        &self,
        #[validate(format = "email", doc = "Who.", example = "ann@example.org")] email: String,
        #[validate(doc = "The password.")] password: Secret<String>,
    ) -> Result<SeeOther, BasicDenied> {
        drop((email, password));
        Ok(SeeOther::to("/orders"))
    }
}

/// A report, in several media types.
#[mount("/reports/{year}")]
struct Report;

#[derive(Serialize, JsonSchema)]
struct Figures {
    year: u16,
    sold: u64,
    share: (f32, f32),
}

#[resource]
impl Report {
    async fn authorize(&self, request: &Request) -> Result<(), BasicDenied> {
        request.fields().get("authorization").map(|_| ()).ok_or(BasicDenied::Nobody)
    }

    /// Return the figures of a year.
    #[expires(days = 1)]
    async fn get(
        &self,
        #[validate(range = 2000..=2100, doc = "The year.", example = 2026)] year: u16,
    ) -> Option<Figures> {
        Some(Figures { year, sold: 1, share: (0.5, 0.5) })
    }

    #[representation(".csv", "text/csv")]
    fn csv(&self, figures: &Figures) -> String {
        format!("year,sold\n{},{}\n", figures.year, figures.sold)
    }

    #[representation(".html", "text/html")]
    fn html(&self, figures: &Figures) -> String {
        format!("<p>{}</p>", figures.sold)
    }
}

/// Files of the shop, in folders.
#[mount("/files/{*path}")]
struct Files;

#[resource]
impl Files {
    /// Return a file.
    fn get(&self, #[validate(example = "a/b.txt")] path: String) -> String {
        path
    }
}

/// A proxy that responds as it likes.
#[mount("/raw")]
struct Raw;

#[resource]
impl Raw {
    /// Return whatever there is.
    fn get(&self) -> http::Response<Body> {
        http::Response::default()
    }

    /// Report a problem of its own kind.
    fn post(&self, kind: Currency) -> Result<Vec<Payment>, Problem> {
        match kind {
            Currency::Chf => Ok(vec![Payment::Cash]),
            _ => Err(Problem::new(http::StatusCode::CONFLICT).detail("no")),
        }
    }
}

pub(crate) fn mount_all(application: Application) -> Application {
    let application = application.mount(Picture).mount(Tree).mount(Login);
    application.mount(Report).mount(Files).mount(Raw)
}
