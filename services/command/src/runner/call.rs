//! The call of a step, again and again until it is known whether it was executed.

use http::{HeaderMap, HeaderName, StatusCode, header};
use serde_json::{Value as Json, json};
use wsgiservice_client::{Error, ErrorKind, Response};

use super::{Runner, Stopped, commit::Pauses};
use crate::{
    answer::Answer,
    database::Ticket,
    work::{Bytes, Method, Payload},
};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const VERSION: HeaderName = HeaderName::from_static("x-version");

/// The fields of a service's response that its client gets.
const FIELDS: [HeaderName; 6] = [
    header::ALLOW,
    header::CONTENT_LOCATION,
    header::ETAG,
    header::LOCATION,
    HeaderName::from_static("repr-digest"),
    VERSION,
];

/// A call that changes something.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) conditions: Vec<(HeaderName, String)>,
    pub(super) content: Option<Payload>,
}

/// What a service has said.
#[derive(Clone, Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) version: Option<i64>,
    pub(super) location: Option<String>,
    fields: Vec<(String, String)>,
    content: Payload,
}

/// Whether a call was executed.
pub(super) enum Verdict {
    Done(Reply),
    /// It was not, since its preconditions are false.
    Changed(Reply),
    /// It was not.
    Refused(Reply),
    /// It is not known.
    Unknown(String),
}

impl Runner {
    /// Calls a service until it is known whether that was executed, with the same key each time.
    pub(super) async fn ask(
        &self,
        ticket: &Ticket,
        key: &str,
        call: &Call,
    ) -> Result<Verdict, Stopped> {
        let mut pauses = Pauses::new();
        loop {
            if ticket.is_too_old() {
                return Err(self.give_up(ticket).await);
            }
            self.check_owner(ticket).await?;
            match self.call(&ticket.user, key, call).await {
                Verdict::Unknown(_) if !test_hooks::rule("command::unknown") => {
                    return Ok(Verdict::Refused(Reply::of_status(503)));
                }
                Verdict::Unknown(error) => {
                    let (id, path) = (&ticket.id, &call.path);
                    tracing::warn!(
                        id,
                        path,
                        error,
                        "the outcome of a step is unknown; it is asked again"
                    );
                    pauses.next().await;
                }
                verdict => return Ok(verdict),
            }
        }
    }

    async fn call(&self, user: &str, key: &str, call: &Call) -> Verdict {
        let Ok(place) = self.routes().place(&call.path) else {
            return Verdict::Refused(Reply::of_status(404));
        };
        let query: Vec<_> = form_urlencoded::parse(call.query.as_bytes()).collect();
        let mut request = self
            .client()
            .request(call.method.http(), &place.service, user, &call.path)
            .query(&query)
            .header(KEY, format!("\"{key}\""));
        for (name, value) in &call.conditions {
            request = request.header(name, value);
        }
        if let Some(content) = &call.content {
            if let Some(media_type) = &content.media_type {
                request = request.header(header::CONTENT_TYPE, media_type);
            }
            request = request.body(content.bytes.0.clone());
        }
        match request.await {
            Ok(response) => Verdict::of(response).await,
            Err(error) => Verdict::of_error(&error),
        }
    }
}

impl Verdict {
    pub(super) async fn of(response: Response) -> Self {
        let (status, fields) = (response.status(), response.headers().clone());
        let content = match response.bytes().await {
            Ok(content) => content,
            Err(error) => return Self::Unknown(error.to_string()),
        };
        let reply = Reply::new(status, &fields, content);
        match status {
            StatusCode::PRECONDITION_FAILED => Self::Changed(reply),
            status if status.is_success() => Self::Done(reply),
            status if is_refusal(status, &fields) => Self::Refused(reply),
            status => Self::Unknown(status.to_string()),
        }
    }

    pub(super) fn of_error(error: &Error) -> Self {
        match (error.kind(), error.status()) {
            (ErrorKind::InvalidRequest, _) => Self::Refused(Reply::of_status(400)),
            (_, Some(StatusCode::GONE)) => Self::Refused(Reply::of_status(410)),
            _ => Self::Unknown(error.to_string()),
        }
    }
}

/// Whether a response says for sure that the call was not executed.
fn is_refusal(status: StatusCode, fields: &HeaderMap) -> bool {
    match status.as_u16() {
        408 | 421 | 423 | 429 => false,
        409 => !fields.contains_key(header::RETRY_AFTER),
        _ => status.is_client_error(),
    }
}

/// The version of a row in a response about it.
pub(super) fn version(fields: &HeaderMap) -> Option<i64> {
    fields.get(VERSION)?.to_str().ok()?.parse().ok()
}

impl Reply {
    fn new(status: StatusCode, fields: &HeaderMap, content: bytes::Bytes) -> Self {
        let text = |name: &HeaderName| Some(fields.get(name)?.to_str().ok()?.to_owned());
        let kept = FIELDS.into_iter().filter_map(|name| Some((name.to_string(), text(&name)?)));
        let media_type = text(&header::CONTENT_TYPE);
        Self {
            status: status.as_u16(),
            version: version(fields),
            location: text(&header::LOCATION),
            fields: kept.collect(),
            content: Payload { media_type, bytes: Bytes(content) },
        }
    }

    /// A refusal without words.
    pub(super) fn of_status(status: u16) -> Self {
        let title = StatusCode::from_u16(status).ok().and_then(|it| it.canonical_reason());
        let mut problem = json!({"type": "about:blank", "title": title, "status": status});
        if status == 412 {
            problem["detail"] = json!("what is there now is not what the preconditions ask for");
        }
        let bytes = Bytes(problem.to_string().into());
        let media_type = Some("application/problem+json".to_owned());
        let content = Payload { media_type, bytes };
        Self { status, version: None, location: None, fields: Vec::new(), content }
    }

    /// The content, as a member of a problem.
    pub(super) fn problem(&self) -> Json {
        serde_json::from_slice(&self.content.bytes.0).unwrap_or(Json::Null)
    }

    pub(super) fn into_answer(self) -> Answer {
        Answer { status: self.status, fields: self.fields, content: self.content }
    }
}
