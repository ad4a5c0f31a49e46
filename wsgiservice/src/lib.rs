//! Annotate a struct, and get an HTTP service that behaves as the standard says.
//!
//! A **resource** is a struct with [`#[mount]`](macro@mount); its methods are those of HTTP, and their arguments are
//! the parameters of a request. What they return is represented as the client asks, JSON or XML; `None` is a 404. All
//! else that RFC 9110 wants of a resource the framework does before the method runs: negotiation, preconditions,
//! `HEAD`, `OPTIONS`, 405, 406, 415, 501.
//!
//! ```
//! use std::net::IpAddr;
//!
//! use serde::Serialize;
//! use wsgiservice::{Application, mount, resource, testing::Client};
//!
//! /// What is known of an IP address.
//! #[mount("/1/{ip}")]
//! #[validate(ip, re = r"[0-9A-Fa-f:.]+", doc = "The IP address to look up.")]
//! struct IpResource;
//!
//! #[resource]
//! impl IpResource {
//!     /// Return what is known.
//!     #[expires(days = 365)]
//!     async fn get(&self, ip: IpAddr) -> Option<Address> {
//!         ip.is_loopback().then_some(Address { name: "localhost" })
//!     }
//! }
//!
//! #[derive(Serialize)]
//! struct Address {
//!     name: &'static str,
//! }
//!
//! # #[tokio::main]
//! # async fn main() {
//! let client = Client::new(Application::new("names").mount(IpResource));
//!
//! let response = client.get("/1/127.0.0.1").send().await;
//! assert_eq!(response.text(), r#"{"name":"localhost"}"#);
//! assert_eq!(response.field("cache-control"), Some("max-age=31536000"));
//!
//! let response = client.get("/1/127.0.0.1.xml").send().await;
//! assert_eq!(response.text(), "<response><name>localhost</name></response>");
//!
//! assert_eq!(client.get("/1/130.59.31.80").send().await.status(), 404);
//! assert_eq!(client.get("/1/localhost").send().await.status(), 400);
//! assert_eq!(client.put("/1/127.0.0.1").send().await.status(), 405);
//! # }
//! ```
//!
//! [`Application::run`] makes a server of it; [`Application::into_service`] a tower service, which stands inside any
//! other; [`testing`] asks it without a socket.

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::indexing_slicing))]

extern crate self as wsgiservice;

mod application;
mod body;
mod config;
mod content;
mod descriptor;
mod error;
mod exchange;
mod fields;
mod freshness;
mod method;
mod negotiation;
mod outcome;
mod panic;
mod parameters;
mod preconditions;
mod problem;
mod representation;
mod request;
mod resource;
mod response;
mod returned;
mod routing;
mod server;
pub mod testing;
mod validators;

#[doc(hidden)]
#[path = "macro_support.rs"]
pub mod __private;

pub use wsgiservice_macros::{Parameter, Problem, expires, mount, resource, validate};

pub use self::{
    application::{Answering, Application, BuildError, Inner, Service},
    body::{Body, BoxError},
    config::Settings,
    content::Content,
    error::{Error, Result},
    fields::entity_tag::EntityTag,
    outcome::{
        Accepted, Answer, Created, Found, MovedPermanently, NoContent, PermanentRedirect, Put,
        ResetContent, SeeOther, TemporaryRedirect,
    },
    parameters::{Invalid, Parameter},
    preconditions::Preconditions,
    problem::Problem,
    representation::Represent,
    request::Request,
    resource::Resource,
    server::run,
};
