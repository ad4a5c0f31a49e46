//! The responses to commands, as they are kept for requests that come again.

use database::data::Failure;
use http::{HeaderName, HeaderValue, Response, header};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wsgiservice::{Problem, content::Body};

use crate::{
    refusal::Refusal,
    work::{Payload, StepFailure},
};

/// The field with the ticket by which a change can be undone.
pub(crate) const TICKET: HeaderName = HeaderName::from_static("x-undo-ticket");

/// The field that says that a change cannot be undone.
pub(crate) const UNDO: HeaderName = HeaderName::from_static("x-undo");

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A response.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) content: Payload,
}

/// The response to a batch.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct BatchDone {
    /// The ticket by which it can be undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ticket: Option<String>,
    /// What the steps have done.
    pub(crate) steps: Vec<StepDone>,
}

/// What a step of a batch has done.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct StepDone {
    pub(crate) path: String,
    pub(crate) status: u16,
    pub(crate) version: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<String>,
}

/// Why a batch has failed, and what became of the steps before.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StepFailed {
    pub(crate) failure: StepFailure,
    /// The paths that are as they were before.
    pub(crate) compensated: Vec<String>,
    /// The paths that are as others have made them.
    pub(crate) kept: Vec<String>,
}

/// The response to an undo.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct UndoDone {
    /// The ticket by which the undo can be undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ticket: Option<String>,
    /// What became of the steps, the last one first.
    pub(crate) steps: Vec<StepUndone>,
}

/// What became of a step.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct StepUndone {
    pub(crate) path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<UndoOutcome>,
}

/// Whether a step was undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UndoOutcome {
    /// It is as it was before.
    Reverted,
    /// It is as somebody else has made it meanwhile.
    Kept,
}

impl Answer {
    /// A response in JSON.
    pub(crate) fn json<T: Serialize>(status: u16, media_type: &str, value: &T) -> Self {
        let text = serde_json::to_vec(value).unwrap_or_default();
        let bytes = crate::work::Bytes(text.into());
        let content = Payload { media_type: Some(media_type.to_owned()), bytes };
        Self { status, fields: Vec::new(), content }
    }

    pub(crate) fn field(mut self, name: &HeaderName, value: impl Into<String>) -> Self {
        self.fields.push((name.as_str().to_owned(), value.into()));
        self
    }

    /// The content, if it is JSON of this type.
    pub(crate) fn parse<T: for<'de> Deserialize<'de>>(&self) -> Option<T> {
        serde_json::from_slice(&self.content.bytes.0).ok()
    }

    /// The response, to a request that came for the first time, or again.
    pub(crate) fn into_response(self, is_replay: bool) -> Result<Response<Body>, Refusal> {
        if let Some(failed) = self.parse::<StepFailed>().filter(|_| self.status == 424) {
            let problem = Problem::from(Refusal::step_failed(failed));
            let replayed = HeaderValue::from_static("true");
            let problem = if is_replay { problem.field(REPLAYED, replayed) } else { problem };
            return Err(Refusal::Kept(problem));
        }
        let mut response = Response::builder().status(self.status);
        if let Some(media_type) = &self.content.media_type {
            response = response.header(header::CONTENT_TYPE, media_type);
        }
        for (name, value) in &self.fields {
            response = response.header(name, value);
        }
        if is_replay {
            response = response.header(REPLAYED, HeaderValue::from_static("true"));
        }
        let body = Body::from(self.content.bytes.0);
        response.body(body).map_err(|error| Failure::Refused(Problem::internal(error)).into())
    }
}
