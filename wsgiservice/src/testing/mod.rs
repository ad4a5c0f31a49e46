//! A client for tests, which calls an application without a socket.
//!
//! ```
//! use wsgiservice::{Application, mount, resource, testing::Client};
//!
//! #[mount("/double/{number}")]
//! struct Double;
//!
//! #[resource]
//! impl Double {
//!     fn get(&self, number: u32) -> Option<u32> {
//!         number.checked_mul(2)
//!     }
//! }
//!
//! # #[tokio::main]
//! # async fn main() {
//! let client = Client::new(Application::new("double").mount(Double));
//! let response = client.get("/double/21").header("accept", "text/xml").send().await;
//! assert_eq!(response.status(), 200);
//! assert_eq!(response.text(), "<response>42</response>");
//! # }
//! ```

mod client;
mod documented;
mod events;
mod multipart;
mod openapi;
mod request;
mod response;

pub use self::{
    client::Client, events::TestEvents, multipart::Multipart, openapi::assert_openapi,
    request::TestRequest, response::TestResponse,
};
