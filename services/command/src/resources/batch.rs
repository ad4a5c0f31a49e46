//! Several changes at once.

use std::{borrow::Cow, collections::BTreeMap};

use database::data::User;
use http::Response;
use percent_encoding::percent_decode_str;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use wsgiservice::{
    Content, IdempotencyKey, Request as HttpRequest, content::Body, mount, resource,
};
use wsgiservice_client::Path;

use super::{
    dispatch::{Call, Command, Dispatch},
    pass::Passed,
};
use crate::{
    refusal::Refusal,
    work::{self, Action, Conditions, Kind, Method, Payload, Request, Step, Work},
};

/// How many steps a batch may have.
const MOST: usize = 100;

/// Changes that are carried out as a whole or not at all.
#[mount("/1/batch/{user}")]
pub(crate) struct Batch {
    pub(super) dispatch: Dispatch,
}

/// A batch.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BatchRequest {
    /// The changes, 1 to 100, in their order. All are of this user, and each path is there once.
    steps: Vec<BatchStep>,
    /// The path of an event that tells of the batch, such as `/1/clip/USER/ID`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<String>,
}

/// A change of a batch.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BatchStep {
    method: Method,
    /// The path, with a query if there is one.
    path: String,
    /// The content, in JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Document>,
    /// Whether it is a success if it exists already. It is then not changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    ensure: bool,
}

/// A JSON document, which is passed on character by character.
#[derive(Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Document(Box<RawValue>);

impl JsonSchema for Document {
    fn schema_name() -> Cow<'static, str> {
        "Document".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "description": "Any JSON document.",
            "type": ["object", "array", "string", "number", "boolean", "null"],
        })
    }
}

#[resource]
impl Batch {
    /// Carry out changes, and return the ticket by which they can be undone together. If one is refused, those before it are
    /// undone, and the response is a 424.
    #[limit(content = 8 << 20)]
    async fn post(
        &self,
        user: User,
        batch: Content<BatchRequest>,
        key: Option<IdempotencyKey>,
        request: &HttpRequest,
    ) -> Result<Response<Body>, Refusal> {
        let batch = batch.into_inner();
        // In one way, however the client has written it.
        let text = serde_json::to_vec(&batch).map_err(|it| Refusal::Malformed(it.to_string()))?;
        let media_type = Some("application/json".to_owned());
        let content = Payload { media_type, bytes: work::Bytes(text.into()) };
        let passed = Passed::new(request, Some(content));
        let command = Command::Work(self.checked(batch, &user)?);
        self.dispatch.execute(Call { request, user: &user, key, command, passed }).await
    }
}

impl Batch {
    /// The work of a batch, if it can be carried out.
    fn checked(&self, batch: BatchRequest, user: &User) -> Result<Work, Refusal> {
        let BatchRequest { steps, event } = batch;
        if steps.is_empty() || steps.len() > MOST {
            let message = format!("a batch has 1 to {MOST} steps, and this one {}", steps.len());
            return Err(Refusal::Malformed(message));
        }
        if let Some(event) = &event {
            check_event(event, user).map_err(|it| Refusal::Malformed(format!("event: {it}")))?;
        }
        let (mut paths, mut mistakes) = (BTreeMap::new(), Vec::new());
        let mut checked = Vec::with_capacity(steps.len());
        for (number, step) in (1..).zip(steps) {
            match self.checked_step(step, user, number, &mut paths) {
                Ok(step) => checked.push(step),
                Err(mistake) => mistakes.push(format!("step {number}: {mistake}")),
            }
        }
        match mistakes.is_empty() {
            true => Ok(Work { kind: Kind::Batch, steps: checked, event }),
            false => Err(Refusal::Malformed(mistakes.join("; "))),
        }
    }

    fn checked_step(
        &self,
        step: BatchStep,
        user: &User,
        number: usize,
        paths: &mut BTreeMap<String, usize>,
    ) -> Result<Step, String> {
        let BatchStep { method, path, body, ensure } = step;
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        if !is_path(path) {
            return Err("the path has a character that must be percent-encoded".to_owned());
        }
        let place = self.dispatch.runner().routes().place(path)?;
        if place.user != user.as_str() {
            return Err("the path is of another user".to_owned());
        }
        let is_collection = path.split('/').count() == 4;
        if is_collection != (method == Method::Post) && is_collection {
            return Err("the path has no name".to_owned());
        }
        if method == Method::Delete && body.is_some() {
            return Err("a `DELETE` has no content".to_owned());
        }
        if ensure && method != Method::Put {
            return Err("only a `PUT` can be ensured".to_owned());
        }
        if let Some(first) = paths.insert(Path::normal(path), number) {
            return Err(format!("step {first} has the same path"));
        }
        let content = body.map(|Document(text)| Payload {
            media_type: Some("application/json".to_owned()),
            bytes: work::Bytes(text.get().to_owned().into()),
        });
        let (query, conditions) = (query.to_owned(), Conditions::default());
        let action = Action::Request(Request { method, query, content, ensure, conditions });
        Ok(Step { path: path.to_owned(), action })
    }
}

/// Whether a text is a path that can be sent.
fn is_path(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"#<>?\\^`{|}".contains(&byte))
}

/// The topics that the pipeline does not have.
const NO_TOPICS: [&str; 3] = ["message", "listener", "dead"];

/// How many characters the name of an event has, at most.
const LONGEST_NAME: usize = 2_000;

/// How many bytes the path of an event has, at most: a server refuses a target that is longer than 8 KiB.
const LONGEST_PATH: usize = 8_000;

/// The event of a batch must be about its user, and have a path that the pipeline accepts. It is checked here, since it is sent
/// long after the client has its response.
fn check_event(path: &str, user: &User) -> Result<(), &'static str> {
    let segments: Vec<_> = path.split('/').collect();
    let ["", "1", topic, whose, rest @ ..] = segments.as_slice() else {
        return Err("the path must be /1/TOPIC/USER or longer");
    };
    let decoded = |it: &&str| percent_decode_str(it).decode_utf8().ok().map(Cow::into_owned);
    if decoded(whose).as_deref() != Some(user.as_str()) {
        return Err("the path is of another user");
    }
    if !is_topic(topic) {
        return Err("the path has no name of a topic");
    }
    let Some(names) = rest.iter().map(decoded).collect::<Option<Vec<_>>>() else {
        return Err("the path is not UTF-8");
    };
    let is_name =
        |it: &String| !matches!(&**it, "" | "." | "..") && !it.chars().any(char::is_control);
    if !is_path(path) || !names.iter().all(is_name) {
        return Err(
            "a segment of the path is empty, `.` or `..`, or has a character that cannot be sent",
        );
    }
    if path.len() > LONGEST_PATH || names.join("/").chars().count() > LONGEST_NAME {
        return Err("the path is too long");
    }
    Ok(())
}

fn is_topic(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(is_part) && !NO_TOPICS.contains(&text)
}
