//! Annotate a struct and get an HTTP service that follows the HTTP standard.
//!
//! A **resource** is a struct with [`#[mount]`](macro@mount). Its methods are named for HTTP methods, and their arguments
//! are the parameters of a request. The return value is written as JSON or XML, as the client requests; `None` is a 404.
//! The framework implements the rest of RFC 9110: negotiation, preconditions, `HEAD`, `OPTIONS`, 405, 406, 415, 501.
//!
//! ```no_run
//! use std::net::IpAddr;
//!
//! use serde::Serialize;
//! use wsgiservice::{Application, mount, resource};
//!
//! /// An IP address.
//! #[mount("/1/{ip}")]
//! #[validate(ip, re = r"[0-9A-Fa-f:.]+", doc = "The IP address to look up.")]
//! struct IpResource;
//!
//! #[resource]
//! impl IpResource {
//!     /// Return the name of the address.
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
//! fn main() -> wsgiservice::Result<()> {
//!     Application::new("names").mount(IpResource).run()
//! }
//! ```
//!
//! This is a complete service, `src/main.rs`. It needs this in `Cargo.toml`, with the path of this repository:
//!
//! ```toml
//! [dependencies]
//! wsgiservice = { path = "../wsgiservice/wsgiservice" }
//! serde = { version = "1", features = ["derive"] }
//! ```
//!
//! `cargo run` starts it, and `cargo run -- --help` lists its options. Its documentation, with a form to try each method,
//! is at <http://127.0.0.1:8001/_internal/help>; the OpenAPI document is at `/_internal/openapi`. Its statistics are at
//! `/_internal/stats`, those for Prometheus at `/_internal/metrics`, its health at `/_internal/health`: see [`statistics`], and
//! [`Application::metric`] and [`Application::check`] for what a service adds.
//!
//! If the service has settings of its own, or its set-up is asynchronous, use [`run`](fn@run); [`Settings`](trait@Settings) are
//! read from a file, the environment and flags. If the program reads its own command line or configuration, use
//! [`Application::run_with`] or [`run_with`]; [`run_as`] runs one service of a program that has several. [`Application::on_start`], [`Application::background`] and
//! [`Application::on_stop`] say what runs before, beside and after the server. [`Application::serve`] serves a listener within a runtime, and
//! [`Application::build`] returns a tower service, for use within another server.
//!
//! # What a method takes
//!
//! An argument is a parameter of its name, unless its type says otherwise.
//!
//! | argument | its value |
//! |---|---|
//! | `id: u32`, with `{id}` in the path | the path variable |
//! | `q: String` | from the query, or else a member of the content (a form or a JSON object); required |
//! | `count: Option<u32>`, or `#[validate(default = 10)] count: u32` | the same, but optional |
//! | `tag: Vec<String>` | all values with this name |
//! | `#[from(header = "Accept-Language")] language: String` | a header field |
//! | `#[from(cookie = "theme")] theme: Option<String>` | a cookie |
//! | `#[from(query = "page-size")] size: u32` | from the query only, by this name; likewise `path` and `content` |
//! | `#[from(header = "X-Api-Key")] key: `[`ApiKey`] | the key of a client; also a [`Basic`] login or a [`Bearer`] token, each in an `Option` if there are several |
//! | `password: `[`Secret<T>`](Secret) | a member of the content, never logged and never part of a response |
//! | `picture: `[`File`](content::File) | a file of a multipart form |
//! | `content: `[`Content<T>`](Content) | the whole content, deserialised from JSON, XML or a form |
//! | `content: `[`Bytes`](bytes::Bytes) | the whole content as it is |
//! | `content: `[`ContentStream`](content::ContentStream)`, form: `[`FormStream`](content::FormStream) | content that is too large for memory |
//! | `content: Content<T>` with members [`Patch<U>`](content::Patch) | a merge patch, which distinguishes a missing member from `null` |
//! | `request: &`[`Request`] | the request itself, which knows whether [its client is gone](Request::client_is_gone) |
//! | `preconditions: `[`Preconditions`] | what the request states about the current state |
//! | `user: `[`Authorized<T>`](Authorized) | what `authorize` returned: who the request comes from |
//! | `user: `[`Authorized<User, Admin>`](Authorized) | the same, if the user has this [`Role`]; else a 403 |
//! | a type that implements [`FromRequest`] | what it makes of the request |
//!
//! A type is a parameter if it implements [`Parameter`](trait@Parameter): numbers, `bool`, `String`, addresses, dates,
//! UUIDs, and types with `#[derive(Parameter)]`. [`#[validate]`](macro@validate) adds rules.
//!
//! # What a method returns
//!
//! | type | response |
//! |---|---|
//! | `T: Serialize` | 200 with `T` as JSON or XML |
//! | `Option<T>` | 404 if it is `None` |
//! | `Result<T, E>` | an error becomes a [`Problem`](struct@Problem); see `#[derive(Problem)]` |
//! | [`Created<T>`](Created), [`Accepted<T>`](answer::Accepted), [`Put<T>`](answer::Put) | 201, 202, 200 or 201 |
//! | [`NoContent`], [`ResetContent`](answer::ResetContent), `()` | 204, 205, 204 |
//! | [`SeeOther`](answer::SeeOther) and the other redirects | 3xx with a location |
//! | [`WithFields<T>`](answer::WithFields) | as `T`, with more header fields |
//! | [`Page<T>`](answer::Page) | a page of a list, with links to the others |
//! | [`Events`](answer::Events) | server-sent events |
//! | [`Binary<Png>`](answer::Binary) | bytes, a file or a stream, with ranges |
//! | [`http::Response`] | this response, unchanged |
//!
//! # Hooks
//!
//! Hooks are functions in the same impl. Their arguments are parameters, too, but not from the content, and they can be
//! async and return a `Result`.
//!
//! | hook | what it says |
//! |---|---|
//! | `fn authorize(&self, login: `[`Bearer`]`) -> Result<User, E>` | who the request comes from, or why it is refused; called before the content is read. [`Basic`] and [`Bearer`] are credentials |
//! | `fn admit(&self) -> Result<(), E>`, `-> Option<`[`http::Response`]`>` | whether the request goes on; called for each method, after the parameters are checked and before preconditions are evaluated |
//! | `fn exists(&self) -> bool` | whether the resource exists, for `If-Match: *` and `If-None-Match: *`; without it, `get` is asked |
//! | `fn etag(&self) -> Option<`[`EntityTag`]`>` | the entity tag of the current state |
//! | `fn last_modified(&self) -> Option<SystemTime>` | when the resource was modified last |
//!
//! # Applications
//!
//! [`Application::authorize`] authorizes all resources without a hook of their own, by credentials of one kind or of
//! [several](credentials::Credentials),
//! [`Application::nest`] adds another application under a prefix, [`Application::layer`] adds a tower layer,
//! [`Application::policy`] sets a [`Policy`]: what the standard leaves open, such as which other sites may use it, and
//! [`Application::limits`] sets [`Limits`](server::Limits): the time and the room that a client may use.
//!
//! # State and tests
//!
//! The fields of the struct are the state of the resource. One value serves all requests at the same time, so share a
//! connection pool or an `Arc`, and put what changes behind a lock. What resources have in common, each holds a clone of.
//!
//! [`testing::Client`] sends requests to an application without a socket:
//!
//! ```
//! # use std::net::IpAddr;
//! #
//! # use serde::Serialize;
//! # use wsgiservice::{Application, mount, resource};
//! #
//! # /// An IP address.
//! # #[mount("/1/{ip}")]
//! # #[validate(ip, re = r"[0-9A-Fa-f:.]+", doc = "The IP address to look up.")]
//! # struct IpResource;
//! #
//! # #[resource]
//! # impl IpResource {
//! #     /// Return the name of the address.
//! #     #[expires(days = 365)]
//! #     async fn get(&self, ip: IpAddr) -> Option<Address> {
//! #         ip.is_loopback().then_some(Address { name: "localhost" })
//! #     }
//! # }
//! #
//! # #[derive(Serialize)]
//! # struct Address {
//! #     name: &'static str,
//! # }
//! #
//! use wsgiservice::testing::Client;
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
//! A [`strict`](testing::Client::strict) client also checks that each response is documented.
//! [`testing::assert_openapi`] compares the OpenAPI document with a file and says which changes break clients.
//!
//! # Features
//!
//! What most services need is enabled by default; `brotli`, `client`, `digests`, `garde`, `idempotency`, `otlp` and `zstd` are not. Features are additive: a
//! disabled feature is absent from negotiation, parsing and documentation. The last column is what a feature adds to the
//! size of the program and to the time of a release build.
//!
//! | feature | adds | costs |
//! |---|---|---|
//! | `brotli` | the content coding `br`, in requests and responses | 1.3 MB, 20 s |
//! | `client` | `client::OnBehalfOf`: calls to other services by the crate `wsgiservice-client` | |
//! | `command-line` | the command line: [`Settings`](trait@Settings) from a file, the environment and flags, `--help`, commands that print the settings and the documentation, [`run`](fn@run) and `Application::run` | 0.4 MB, 9 s |
//! | `digests` | digests of content (RFC 9530, and `Content-MD5`): verifies those of requests, and sends those that a client requests; without it, the fields are ignored | 0.1 MB, 6 s |
//! | `garde` | rules on the members of a [`Content<T>`](Content), by `#[derive(garde::Validate)]`: `garde = { version = "0.23", features = ["derive"] }` | 2 s |
//! | `gzip` | the content codings `gzip`, in requests and responses, and `deflate`, in requests only | 0.1 MB, 6 s |
//! | `idempotency` | `IdempotencyKey` as an argument | 0.1 MB, 4 s |
//! | `jiff` | dates and times of jiff as parameters, and their schemas for members ([`schema`]) | 0.1 MB, 7 s |
//! | `markdown` | Markdown of documentation comments on the help page; without it, they are plain text | 0.2 MB, 5 s |
//! | `multipart` | `multipart/form-data` as request content, with files: `File`, `FormStream` | 0.1 MB, 5 s |
//! | `otlp` | the setting `otlp`: spans of requests, and of calls with `client`, for a collector of OpenTelemetry | |
//! | `server` | the server: sockets, signals and the log; without it, a host gets the tower service of [`Application::build`] | 0.6 MB, 6 s |
//! | `testing` | the module [`testing`]; can be enabled in `[dev-dependencies]` only | 2 s |
//! | `unicode` | Unicode properties in regular expressions, for example `\p{Greek}`; `\w`, `\d`, `\s` and `(?i)` are always supported | 0.2 MB |
//! | `zstd` | the content coding `zstd`, in requests and responses | 0.7 MB, 27 s, and a C compiler |

#![cfg_attr(not(test), warn(clippy::unwrap_used, clippy::indexing_slicing))]
// The documentation of fewer features mentions what is not there.
#![cfg_attr(
    not(all(
        feature = "client",
        feature = "command-line",
        feature = "idempotency",
        feature = "multipart",
        feature = "testing"
    )),
    allow(rustdoc::broken_intra_doc_links, rustdoc::private_intra_doc_links)
)]

pub mod answer;
mod application;
#[cfg(feature = "client")]
pub mod client;
mod clock;
#[cfg(feature = "command-line")]
mod commands;
pub mod content;
/// What an application accepts as a login: [`Credentials`](credentials::Credentials) of several kinds, and keys in one place.
pub mod credentials {
    pub use crate::{
        http::challenge::{Challenge, KeyPlace},
        parameters::{Anyone, Credentials, FromAttribute, KeySource},
    };
}
mod declaration;
mod documentation;
mod error;
mod exchange;
mod formats;
pub mod health;
pub mod http;
/// What [`Parameter`](trait@Parameter) is made of.
pub mod parameter {
    pub use crate::parameters::{Argument, ParameterKind, ParseError, PathValue};
    // The compiler writes these paths if a constant is not a value, and if a request is not taken by reference.
    #[doc(hidden)]
    pub use crate::{declaration::Constant, parameters::Whole};
}
/// What the hooks of a [`Resource`] return.
pub mod hook {
    pub use crate::resource::{
        AdmitReturn, AuthorizeReturn, EtagReturn, ExistsReturn, LastModifiedReturn,
        principal::PrincipalOf,
    };
    // The compiler writes this path if a future is not `Send`.
    #[doc(hidden)]
    pub use crate::resource::CallOutput;
}
pub mod lint;
mod parameters;
/// Schemas of the dates and times of jiff, for members of types with `#[derive(JsonSchema)]`.
///
/// schemars has no schemas for this version of jiff, and no other crate can implement them. Name them with `with`:
///
/// ```
/// use wsgiservice::{schema, schemars::JsonSchema};
///
/// #[derive(JsonSchema)]
/// #[schemars(crate = "wsgiservice::schemars")]
/// struct Order {
///     #[schemars(with = "schema::Timestamp")]
///     placed: jiff::Timestamp,
///     #[schemars(with = "Option<schema::Date>")]
///     delivery: Option<jiff::civil::Date>, // likewise `Patch<schema::Date>` for a `Patch`
/// }
///
/// let schema = wsgiservice::schemars::schema_for!(Order).to_value();
/// assert_eq!(schema["properties"]["placed"]["format"], "date-time");
/// ```
#[cfg(feature = "jiff")]
pub mod schema {
    pub use crate::parameters::schema::{
        Date, DateTime, SignedDuration, Span, Time, Timestamp, ZonedDateTime,
    };
}
mod limits;
mod monitoring;
mod once_a_minute;
mod preconditions;
pub mod problem;
#[cfg(feature = "server")]
mod program;
mod representation;
mod resource;
mod routing;
mod rules;
pub mod server;
#[cfg(feature = "command-line")]
mod settings;
mod site;
pub mod statistics;
#[cfg(any(test, feature = "testing"))]
pub mod testing;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;

/// Compiles the listing of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(feature = "command-line")]
pub use wsgiservice_macros::Settings;
pub use wsgiservice_macros::{Parameter, Problem, expires, limit, mount, resource, validate};

pub use bytes;
/// The crate `schemars`, in the version that this crate has, so that a service need not name one.
///
/// A value with `#[derive(JsonSchema)]` is documented with its members.
///
/// ```
/// use wsgiservice::{Application, mount, resource, schemars::JsonSchema, testing::Client};
///
/// #[derive(serde::Serialize, JsonSchema)]
/// #[schemars(crate = "wsgiservice::schemars")]
/// struct Weather {
///     degrees: i32,
/// }
///
/// #[mount("/weather")]
/// struct Station;
///
/// #[resource]
/// impl Station {
///     fn get(&self) -> Weather {
///         Weather { degrees: 7 }
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let application = Application::new("weather").mount(Station);
/// let document = Client::new(application).get("/_internal/openapi").send().await.json::<serde_json::Value>();
/// let degrees = document.pointer("/components/schemas/Weather/properties/degrees");
/// assert_eq!(degrees.unwrap()["type"], "integer");
/// # }
/// ```
pub use schemars;

#[cfg(feature = "idempotency")]
pub use self::parameters::IdempotencyKey;
#[cfg(feature = "server")]
pub use self::server::listening::run::run_with;
pub use self::{
    answer::{Created, NoContent},
    application::Application,
    content::Content,
    error::{Error, Result},
    http::body::BoxError,
    http::{entity_tag::EntityTag, incoming::Request},
    parameters::{ApiKey, Authorized, Basic, Bearer, FromRequest, Parameter, Role, Secret},
    preconditions::Preconditions,
    problem::Problem,
    resource::{Mounted, Resource, authorize::Authorize},
    site::{Cors, Policy},
};
#[cfg(feature = "command-line")]
pub use self::{
    server::listening::run::{run, run_as},
    settings::Settings,
};
