//! Behaviour on the wire: one module per topic, one test per behaviour.

mod access;
mod access_log;
mod admit;
mod advice;
mod api_key;
mod application;
mod argument_documentation;
mod bounded_work;
mod cache;
mod calls;
mod coding;
mod compared_state;
mod conditional;
mod connection;
mod constants;
mod content;
mod credentials;
mod cross_origin;
mod deadline;
mod departure;
mod digests;
mod documentation;
mod events;
mod existence;
mod expectation;
mod extension;
mod form;
mod ganglia;
mod header_parameters;
mod heads;
mod health;
mod life;
mod limits;
mod limits_over_a_socket;
mod log;
mod log_of_a_process;
mod media_type;
mod member_rules;
mod method;
mod mismatch;
mod mistyped;
mod monitoring;
mod negotiation;
mod new_tag;
mod original;
mod outcomes;
mod own_representation;
mod page;
mod parameters;
mod peers;
mod prefix;
mod principal;
mod problem_types;
mod problems;
mod range;
mod response;
mod roles;
mod running;
mod settings;
mod shop;
mod signatures;
mod sources;
mod spans;
mod statistics;
mod statistics_of_clients;
mod statistics_over_a_socket;
mod statistics_page;
mod stats_command;
mod stopping;
mod stream;
mod target;
mod test_client;
mod text_formats;
mod time;
mod type_rules;
mod unconditional;
mod undeclared;
mod validators;
mod values;
mod vary;
mod with_fields;
mod xml;

use base64::Engine;
use serde_json::Value;
use sha2::{Digest, Sha256};
use wsgiservice::{
    Application,
    server::Limits,
    testing::{Client, TestResponse},
};

/// A client that checks every response against the application's documentation.
#[track_caller]
fn strict(application: Application) -> Client {
    Client::new(application).strict()
}

/// Limits that allow content of this size.
fn content_limit(bytes: usize) -> Limits {
    let mut limits = Limits::default();
    limits.content = bytes;
    limits
}

/// Sends a `GET` and returns the status.
async fn status(client: &Client, target: &str) -> u16 {
    client.get(target).send().await.status().as_u16()
}

/// Sends a `GET` and returns the content.
async fn text(client: &Client, target: &str) -> String {
    client.get(target).send().await.text().to_owned()
}

/// The violations in a problem document, each as name, location and code.
fn violations(response: &TestResponse) -> Vec<(String, String, String)> {
    let document = response.json::<Value>();
    let errors = document["errors"].as_array().expect("violations");
    let text = |error: &Value, key: &str| error[key].as_str().expect(key).to_owned();
    errors
        .iter()
        .map(|error| (text(error, "name"), text(error, "in"), text(error, "code")))
        .collect()
}

/// The SHA-256 digest of `content`, in base64.
fn sha256(content: &[u8]) -> String {
    base64::prelude::BASE64_STANDARD.encode(Sha256::digest(content))
}
