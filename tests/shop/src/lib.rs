//! A large service that tests the documentation: 43 resources with nested and recursive values, enums of all taggings,
//! generic types, uploads, redirects, two authentication schemes and a nested application.
//!
//! Its OpenAPI document is in `openapi.json`; `scripts/check-documentation` gives it to validators, generators of clients
//! and schemathesis.

mod accounts;
mod orders;
mod other;
mod records;

use schemars::JsonSchema;
use serde::Serialize;
use wsgiservice::{Application, Problem};

/// A part of a list.
#[derive(Debug, Serialize, JsonSchema)]
struct Page<T> {
    items: Vec<T>,
    /// Where the next page begins.
    next: Option<String>,
    total: u64,
}

#[derive(Debug, thiserror::Error, Problem)]
enum ShopError {
    /// Not found.
    #[error("there is nothing of the number {0}")]
    #[problem(404)]
    Missing(u64),
    /// The order was paid already.
    #[error("paid already")]
    #[problem(409)]
    #[expect(dead_code, reason = "only documented")]
    Paid,
    /// The warehouse is closed at night.
    #[error("closed")]
    #[problem(503)]
    #[expect(dead_code, reason = "only documented")]
    Closed,
}

#[derive(Debug, thiserror::Error, Problem)]
enum BasicDenied {
    #[error("log in")]
    #[problem(401, challenge = "Basic realm=\"admin\"")]
    Nobody,
}

/// The shop.
pub fn application() -> Application {
    let application = Application::new("shop").mount(orders::Orders).mount(orders::Order);
    let application = records::mount_all(other::mount_all(application));
    application.nest("/admin/v1", accounts::application())
}
