//! What a command does: its steps, what was there before each of them, and how each is undone.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A command, as it was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Work {
    pub(crate) kind: Kind,
    pub(crate) steps: Vec<Step>,
    /// The path of the event that tells of a batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) event: Option<String>,
}

/// What a client has asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// One change, whose response is that of the service.
    Change,
    /// Several changes.
    Batch,
    /// An undo, which goes back to the state that each of its steps names.
    Undo {
        /// Whether what others have changed since is undone as well.
        force: bool,
    },
}

/// A step of a command.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Step {
    /// The path, without a query.
    pub(crate) path: String,
    pub(crate) action: Action,
}

/// What a step does.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Action {
    Request(Request),
    Invert(Inverse),
}

/// A change that a client has asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) query: String,
    pub(crate) content: Option<Payload>,
    /// Whether it is a success if the resource exists already.
    #[serde(default)]
    pub(crate) ensure: bool,
    /// The preconditions of the client.
    #[serde(default)]
    pub(crate) conditions: Conditions,
}

/// A method that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Method {
    /// Creates or replaces something.
    Put,
    /// Deletes something.
    Delete,
    /// Creates something that the service names.
    Post,
}

/// The preconditions of a client, as the fields have them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Conditions {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) if_match: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) if_none_match: Option<String>,
}

/// How a step is undone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Inverse {
    /// The query of the `DELETE` that is undone, with which it is done again.
    #[serde(default)]
    pub(crate) query: String,
    /// What was there before, to which it goes back; `None` if nothing was.
    pub(crate) to: Option<Payload>,
    /// The version of what was there before.
    pub(crate) before: Option<i64>,
    /// The version in which the step, and each undo since, has left it.
    pub(crate) after: Option<i64>,
    /// The version of the `DELETE` that is undone, which says what came along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) gone: Option<i64>,
}

/// What was there before a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Image {
    pub(crate) state: State,
    /// Its version; if it is not there, that of the `DELETE` by which it went.
    pub(crate) version: Option<i64>,
}

/// Whether something was there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Absent,
    Present(Payload),
    /// It was there, and is too large to be kept.
    TooLarge,
}

/// Content and its media type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Payload {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) media_type: Option<String>,
    pub(crate) bytes: Bytes,
}

/// Bytes, which are a text in a row if they can be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) bytes::Bytes);

/// What a step has done.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Done {
    /// It was executed.
    Changed {
        status: u16,
        version: Option<i64>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        location: Option<String>,
    },
    /// Nothing was to be done.
    Unchanged,
    /// Somebody else has changed it since: it stays as it is.
    Kept,
}

/// Why a command has failed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StepFailure {
    /// The step, from 1.
    pub(crate) step: usize,
    pub(crate) path: String,
    pub(crate) status: u16,
    /// What the service has said.
    pub(crate) problem: serde_json::Value,
}

/// How far a command has come, as far as it is committed.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Progress {
    /// What was there before each step; `None` if that does not matter.
    pub(crate) images: Vec<Option<Image>>,
    /// What the steps have done before one has failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) done: Vec<Done>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) failure: Option<StepFailure>,
}

impl Method {
    pub(crate) fn http(self) -> http::Method {
        match self {
            Self::Put => http::Method::PUT,
            Self::Delete => http::Method::DELETE,
            Self::Post => http::Method::POST,
        }
    }
}

impl Image {
    pub(crate) fn is_present(&self) -> bool {
        self.state != State::Absent
    }

    /// The same, of which it is only known that it was there.
    pub(crate) fn without_content(self) -> Self {
        let state = if self.is_present() { State::TooLarge } else { State::Absent };
        Self { state, ..self }
    }

    pub(crate) fn size(&self) -> usize {
        match &self.state {
            State::Present(payload) => payload.bytes.0.len(),
            State::Absent | State::TooLarge => 0,
        }
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(&self.0) {
            Ok(text) if !text.contains('\0') => ("text", text).serialize(serializer),
            _ => ("base64", STANDARD.encode(&self.0)).serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (kind, text) = <(String, String)>::deserialize(deserializer)?;
        match kind.as_str() {
            "text" => Ok(Self(text.into())),
            _ => STANDARD.decode(&text).map(|it| Self(it.into())).map_err(D::Error::custom),
        }
    }
}

impl Work {
    /// The size of the contents together, in bytes.
    pub(crate) fn size(&self) -> usize {
        let content = |step: &Step| match &step.action {
            Action::Request(request) => request.content.as_ref().map(|it| it.bytes.0.len()),
            Action::Invert(inverse) => inverse.to.as_ref().map(|it| it.bytes.0.len()),
        };
        self.steps.iter().filter_map(content).sum()
    }
}

impl Step {
    /// The change that a client has asked for.
    pub(crate) fn request(&self) -> Option<&Request> {
        match &self.action {
            Action::Request(request) => Some(request),
            Action::Invert(_) => None,
        }
    }
}

impl Done {
    pub(crate) fn version(&self) -> Option<i64> {
        match self {
            Self::Changed { version, .. } => *version,
            Self::Unchanged | Self::Kept => None,
        }
    }

    pub(crate) fn is_kept(&self) -> bool {
        matches!(self, Self::Kept)
    }
}
