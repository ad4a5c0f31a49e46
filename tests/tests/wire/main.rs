//! What goes over the wire: a module for each section, a test for each line.

mod access;
mod answer;
mod application;
mod coding;
mod connection;
mod content;
mod digests;
mod documentation;
mod form;
mod method;
mod negotiation;
mod original;
mod outcomes;
mod parameters;
mod problems;
mod range;
mod running;
mod stream;
mod target;
mod validators;
mod xml;

use base64::Engine;
use sha2::{Digest, Sha256};
use wsgiservice::{
    Application,
    testing::{Client, TestResponse},
};

/// A client of an application whose documentation has to know every status that it answers.
#[track_caller]
fn strict(application: Application) -> Client {
    Client::new(application).strict()
}

/// The status of a `GET`.
async fn status(client: &Client, target: &str) -> u16 {
    client.get(target).send().await.status().as_u16()
}

/// The content of a `GET`.
async fn text(client: &Client, target: &str) -> String {
    client.get(target).send().await.text().to_owned()
}

/// The violations that an answer reports: name, place and code.
fn violations(response: &TestResponse) -> Vec<(String, String, String)> {
    let document = response.json();
    let errors = document["errors"].as_array().expect("violations");
    let text = |error: &serde_json::Value, key: &str| error[key].as_str().expect(key).to_owned();
    errors
        .iter()
        .map(|error| (text(error, "name"), text(error, "in"), text(error, "code")))
        .collect()
}

/// The SHA-256 of content, in base64.
fn sha256(content: &[u8]) -> String {
    base64::prelude::BASE64_STANDARD.encode(Sha256::digest(content))
}
