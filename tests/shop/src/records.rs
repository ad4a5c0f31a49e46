//! Seventeen kinds of records, each a list and a single one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wsgiservice::{Application, Content, Created, NoContent, mount, resource};

use crate::{Page, ShopError};

/// Declares the type of a record and its two resources.
macro_rules! records {
    ($($module:ident: $all:ident, $one:ident, $record:ident, $path:literal, $path_of_one:literal;)*) => {
        $(mod $module {
            use super::*;

            #[doc = concat!("All ", stringify!($module), " of the shop.")]
            #[mount($path)]
            pub(super) struct $all;

            #[resource]
            impl $all {
                #[doc = concat!("List ", stringify!($module), ".")]
                ///
                /// They come in the order in which they were made, at most `count` of them.
                async fn get(
                    &self,
                    #[validate(range = 1..=100, default = 20, doc = "How many at most.")] count: u32,
                    #[validate(doc = "Where the last page ended.")] cursor: Option<String>,
                ) -> Page<$record> {
                    drop((count, cursor));
                    Page { items: Vec::new(), next: None, total: 0 }
                }

                #[doc = concat!("Add to the ", stringify!($module), ".")]
                async fn post(&self, content: Content<$record>) -> Result<Created<$record>, ShopError> {
                    Ok(Created::at("1", content.into_inner()))
                }
            }

            #[doc = concat!("One of the ", stringify!($module), ".")]
            #[mount($path_of_one)]
            #[validate(id, doc = "Its number.", example = 7)]
            pub(super) struct $one;

            #[resource]
            impl $one {
                #[doc = concat!("Return one of the ", stringify!($module), ".")]
                async fn get(&self, id: u64) -> Result<$record, ShopError> {
                    if id > 9 {
                        return Err(ShopError::Missing(id));
                    }
                    Ok($record { id, name: "x".into(), note: None })
                }

                #[doc = concat!("Delete one of the ", stringify!($module), ".")]
                async fn delete(&self, id: u64) -> Result<NoContent, ShopError> {
                    let _ = id;
                    Ok(NoContent)
                }
            }

            #[doc = concat!("One of the ", stringify!($module), ".")]
            #[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
            pub(super) struct $record {
                /// Its number.
                pub(super) id: u64,
                /// What people call it.
                pub(super) name: String,
                pub(super) note: Option<String>,
            }
        })*

        pub(crate) fn mount_all(application: Application) -> Application {
            application$(.mount($module::$all).mount($module::$one))*
        }
    };
}

records! {
    addresses: Addresses, OneAddress, Address, "/addresses", "/addresses/{id}";
    campaigns: Campaigns, OneCampaign, Campaign, "/campaigns", "/campaigns/{id}";
    carriers: Carriers, OneCarrier, Carrier, "/carriers", "/carriers/{id}";
    contracts: Contracts, OneContract, Contract, "/contracts", "/contracts/{id}";
    coupons: Coupons, OneCoupon, Coupon, "/coupons", "/coupons/{id}";
    customers: Customers, OneCustomer, Customer, "/customers", "/customers/{id}";
    discounts: Discounts, OneDiscount, Discount, "/discounts", "/discounts/{id}";
    invoices: Invoices, OneInvoice, Invoice, "/invoices", "/invoices/{id}";
    newsletters: Newsletters, OneNewsletter, Newsletter, "/newsletters", "/newsletters/{id}";
    parcels: Parcels, OneParcel, Parcel, "/parcels", "/parcels/{id}";
    payments: Payments, OnePayment, Payment, "/payments", "/payments/{id}";
    refunds: Refunds, OneRefund, Refund, "/refunds", "/refunds/{id}";
    reviews: Reviews, OneReview, Review, "/reviews", "/reviews/{id}";
    shelves: Shelves, OneShelf, Shelf, "/shelves", "/shelves/{id}";
    shipments: Shipments, OneShipment, Shipment, "/shipments", "/shipments/{id}";
    suppliers: Suppliers, OneSupplier, Supplier, "/suppliers", "/suppliers/{id}";
    warehouses: Warehouses, OneWarehouse, Warehouse, "/warehouses", "/warehouses/{id}";
}
