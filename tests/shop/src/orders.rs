//! Orders: values with much structure.

use std::collections::{BTreeMap, HashMap};

use jiff::{Timestamp, civil::Date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wsgiservice::{
    Content, Created, EntityTag, NoContent, Parameter, Preconditions, Problem, Request,
    answer::Put, content::Patch, mount, resource, schema,
};

use crate::{Page, ShopError};

#[derive(Debug, thiserror::Error, Problem)]
enum Denied {
    #[error("log in")]
    #[problem(401, challenge = "Bearer realm=\"shop\"")]
    Nobody,
    #[error("not yours")]
    #[problem(403)]
    NotYours,
}

/// An amount of money, in the smallest unit of its currency.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Money {
    /// In Rappen, cents, yen.
    amount: i64,
    currency: Currency,
}

/// ISO 4217.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema, Parameter)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Currency {
    Chf,
    Eur,
    Usd,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
struct Sku(String);

#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema, Parameter)]
struct OrderId(u64);

/// How it is paid.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Payment {
    /// By a card.
    Card {
        last_four: String,
        #[schemars(with = "schema::Date")]
        expires: Date,
    },
    /// By an invoice.
    Invoice { address: Address, days: u8 },
    /// By a voucher of the shop.
    Voucher(Voucher),
    /// With cash.
    Cash,
}

/// A voucher.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Voucher {
    #[schemars(regex(pattern = r"^[A-Z]{2}-\d{6}$"))]
    code: String,
}

/// Externally tagged.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
enum Event {
    Placed(#[schemars(with = "schema::Timestamp")] Timestamp),
    Shipped {
        #[schemars(with = "schema::Timestamp")]
        at: Timestamp,
        parcel: Sku,
    },
    Lost,
}

/// Adjacently tagged.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "value")]
enum Discount {
    Percent(#[schemars(range(min = 1, max = 100))] u8),
    Fixed(Money),
}

/// Untagged.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Reference {
    Number(u64),
    Name(String),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Address {
    street: String,
    #[schemars(regex(pattern = r"^[0-9]{4}$"))]
    zip: String,
    #[schemars(length(min = 1, max = 60), example = &"Zürich")]
    city: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
struct Line {
    sku: Sku,
    #[schemars(range(min = 1))]
    quantity: u32,
    price: Money,
}

/// What somebody ordered.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Order")]
struct OrderValue {
    /// Made by the shop.
    #[serde(skip_deserializing, default)]
    #[schemars(extend("readOnly" = true))]
    id: u64,
    customer: Uuid,
    #[schemars(with = "schema::Timestamp")]
    placed: Timestamp,
    #[schemars(length(min = 1))]
    lines: Vec<Line>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    billing: Option<Address>,
    payment: Payment,
    discounts: Vec<Discount>,
    references: Vec<Reference>,
    history: Vec<Event>,
    /// Whatever else.
    labels: BTreeMap<String, String>,
    stock: HashMap<u32, u64>,
    ratio: f64,
    size: (u16, u16),
    /// Only written.
    #[schemars(extend("writeOnly" = true))]
    #[serde(default, skip_serializing)]
    #[expect(dead_code, reason = "only read from requests")]
    voucher: Option<String>,
    /// Not any more.
    #[deprecated]
    #[serde(default)]
    old: Option<bool>,
}

/// What changes in an order.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
struct OrderPatch {
    #[serde(default)]
    billing: Patch<Address>,
    #[serde(default)]
    ratio: Patch<f64>,
}

/// All orders.
#[mount("/orders")]
pub(crate) struct Orders;

#[resource]
impl Orders {
    /// Find orders.
    ///
    /// Looks for orders by their **customer**, by what they cost, and by when they were made. See
    /// [the handbook](https://example.org/handbook).
    #[expires(minutes = 5, private)]
    #[expect(clippy::too_many_arguments, reason = "each is another kind of parameter")]
    async fn get(
        &self,
        #[validate(doc = "Whose orders.")] customer: Option<Uuid>,
        #[validate(doc = "In this currency.", default = "chf")] currency: Currency,
        #[validate(doc = "With one of these labels.", example = "gift")] label: Vec<String>,
        #[validate(doc = "Placed since.", example = "2026-11-01T00:00:00Z")] since: Option<
            Timestamp,
        >,
        #[validate(range = 1..=100, default = 20, doc = "How many at most.")] count: u32,
        #[validate(doc = "Whether with the lines.")] full: Option<bool>,
        #[from(header = "Accept-Language")]
        #[validate(doc = "The language of names.", example = "de-CH")]
        language: Option<String>,
        #[from(header = "X-Tenant")]
        #[validate(len = 2..=8, doc = "The tenant.", example = "ch")]
        tenant: String,
    ) -> Result<Page<OrderValue>, ShopError> {
        drop((customer, currency, label, since, count, full, language, tenant));
        Ok(Page { items: vec![order(1)], next: None, total: 1 })
    }

    /// Place an order.
    async fn post(&self, content: Content<OrderValue>) -> Result<Created<OrderValue>, ShopError> {
        Ok(Created::at("/orders/1", content.into_inner()))
    }
}

fn order(id: u64) -> OrderValue {
    let price = Money { amount: 1990, currency: Currency::Chf };
    #[expect(deprecated, reason = "the member is still sent")]
    OrderValue {
        id,
        customer: Uuid::nil(),
        placed: Timestamp::UNIX_EPOCH,
        lines: vec![Line { sku: Sku("A-1".into()), quantity: 2, price }],
        billing: None,
        payment: Payment::Cash,
        discounts: vec![Discount::Percent(5)],
        references: vec![Reference::Number(7), Reference::Name("gift".into())],
        history: vec![Event::Placed(Timestamp::UNIX_EPOCH), Event::Lost],
        labels: BTreeMap::new(),
        stock: HashMap::new(),
        ratio: 0.5,
        size: (1, 2),
        voucher: None,
        old: None,
    }
}

/// One order.
#[mount("/orders/{id}")]
#[validate(id, doc = "The number of the order.", example = 7)]
pub(crate) struct Order;

#[resource]
impl Order {
    async fn authorize(&self, request: &Request) -> Result<(), Denied> {
        match request.fields().get("authorization").map(|it| it.as_bytes()) {
            Some(b"Bearer secret") => Ok(()),
            Some(_) => Err(Denied::NotYours),
            None => Err(Denied::Nobody),
        }
    }

    async fn etag(&self, id: OrderId) -> Option<EntityTag> {
        Some(EntityTag::strong(id.0))
    }

    /// Return the order.
    async fn get(&self, id: OrderId) -> Result<OrderValue, ShopError> {
        if id.0 > 9 { Err(ShopError::Missing(id.0)) } else { Ok(order(id.0)) }
    }

    /// Replace the order, or place it.
    async fn put(
        &self,
        id: OrderId,
        content: Content<OrderValue>,
        preconditions: Preconditions,
    ) -> Result<Put<OrderValue>, ShopError> {
        drop((id, preconditions));
        Ok(Put::Replaced(content.into_inner()))
    }

    /// Change the order.
    async fn patch(
        &self,
        id: OrderId,
        content: Content<OrderPatch>,
        preconditions: Preconditions,
    ) -> Result<OrderValue, ShopError> {
        drop(preconditions);
        let mut order = order(id.0);
        let OrderPatch { billing, ratio } = content.into_inner();
        if let Patch::Value(ratio) = ratio {
            order.ratio = ratio;
        }
        if let Patch::Value(billing) = billing {
            order.billing = Some(billing);
        }
        Ok(order)
    }

    /// Cancel the order.
    #[deprecated(note = "Post to `/orders/{id}/cancellation`.")]
    #[sunset(since = "2026-11-24", on = "2027-06-30")]
    async fn delete(
        &self,
        id: OrderId,
        preconditions: Preconditions,
    ) -> Result<NoContent, ShopError> {
        drop((id, preconditions));
        Ok(NoContent)
    }
}
