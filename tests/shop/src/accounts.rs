//! The accounts of those who administrate the shop: a nested application, with a type of the same name as another one.

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;
use wsgiservice::{Application, mount, resource};

/// Accounts of people who administrate.
#[mount("/accounts/{id}")]
struct Account;

#[derive(Serialize, JsonSchema)]
struct Money {
    total: u64,
}

#[resource]
impl Account {
    /// Return what an account is worth.
    fn get(&self, id: Uuid) -> Option<Money> {
        (!id.is_nil()).then_some(Money { total: 1 })
    }
}

pub(crate) fn application() -> Application {
    Application::new("admin").mount(Account)
}
