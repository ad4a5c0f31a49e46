//! Passing calls on: to the service that has the data, or to Command in the cluster of the user.

use database::data::{Failure, State};
use http::{HeaderName, Method, Response, header};
use wsgiservice::{Request, client::OnBehalfOf, content::Body};
use wsgiservice_client::{Error, ErrorKind, RequestBuilder};

use super::dispatch::{Call, Dispatch, time_to_wait};
use crate::{
    answer::{TICKET, UNDO},
    refusal::{Refusal, quoted},
    work::Payload,
};

/// The field of a call that another Command has passed on, which is not passed on again.
const PASSED_ON: HeaderName = HeaderName::from_static("x-passed-on");

pub(super) const CLUSTER: HeaderName = HeaderName::from_static("x-cluster");

/// The fields of a request that are passed on.
const REQUEST_FIELDS: [HeaderName; 8] = [
    header::ACCEPT,
    header::ACCEPT_LANGUAGE,
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_RANGE,
    header::IF_UNMODIFIED_SINCE,
    header::RANGE,
];

/// The fields of a response that are not of its connection.
const RESPONSE_FIELDS: [HeaderName; 26] = [
    header::ACCEPT_RANGES,
    header::AGE,
    header::ALLOW,
    header::CACHE_CONTROL,
    header::CONTENT_DISPOSITION,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_LOCATION,
    header::CONTENT_RANGE,
    header::CONTENT_SECURITY_POLICY,
    header::CONTENT_TYPE,
    header::ETAG,
    header::EXPIRES,
    header::LAST_MODIFIED,
    header::LINK,
    header::LOCATION,
    header::RETRY_AFTER,
    header::VARY,
    HeaderName::from_static("deprecation"),
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("idempotency-replayed"),
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("sunset"),
    HeaderName::from_static("x-version"),
    TICKET,
    UNDO,
];

/// A request as it is passed on.
#[derive(Clone, Debug)]
pub(super) struct Passed {
    pub(super) method: Method,
    pub(super) path: String,
    /// The query, written in one way.
    pub(super) query: String,
    pub(super) content: Option<Payload>,
}

impl Passed {
    pub(super) fn new(request: &Request, content: Option<Payload>) -> Self {
        let pairs = form_urlencoded::parse(request.target().query().unwrap_or_default().as_bytes());
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let path = request.target().path().to_owned();
        Self { method: request.method().clone(), path, query, content }
    }

    fn fill(&self, mut call: RequestBuilder) -> RequestBuilder {
        let pairs: Vec<_> = form_urlencoded::parse(self.query.as_bytes()).collect();
        call = call.query(&pairs);
        let Some(content) = &self.content else { return call };
        if let Some(media_type) = &content.media_type {
            call = call.header(header::CONTENT_TYPE, media_type);
        }
        call.body(content.bytes.0.clone())
    }
}

impl Dispatch {
    /// Passes a call that changes nothing on to the service that has the resource, in the cluster of its user.
    pub(super) async fn retrieve(
        &self,
        request: &Request,
        user: &str,
    ) -> Result<Response<Body>, Refusal> {
        let path = request.target().path();
        let place = self.runner().routes().place(path).map_err(Refusal::UnknownResource)?;
        let call = self.runner().client().get(&place.service, user, path);
        let passed = Passed { method: Method::GET, ..Passed::new(request, None) };
        let response = self.send(request, passed.fill(call)).await;
        answer(response.map_err(|error| Refusal::of_call(&error))?)
    }

    /// Whether a call goes on to the cluster of its user: one that was passed on already is not, so that it does not go round.
    pub(super) fn may_pass_on(&self, call: &Call<'_>) -> bool {
        test_hooks::rule("command::home") && !call.request.fields().contains_key(PASSED_ON)
    }

    /// Passes a call on to Command in the cluster of its user, with its key. If the response is lost, it is not said that nothing
    /// was executed: the client asks again with the key.
    pub(super) async fn pass_on(
        &self,
        request: &Request,
        user: &str,
        key: &str,
        passed: &Passed,
    ) -> Result<Response<Body>, Refusal> {
        let client = self.runner().client();
        let call = client.request(passed.method.clone(), "command", user, &passed.path);
        let call = call.header("idempotency-key", quoted(key)).header(PASSED_ON, "1");
        match self.send(request, passed.fill(call)).await {
            Ok(response) => answer(response),
            Err(error) if error.may_have_executed() => Err(Refusal::key_running(key)),
            Err(error) => Err(Refusal::of_call(&error)),
        }
    }

    /// Asks Command in the cluster of a user who is perhaps elsewhere; `None` if this one is to respond.
    pub(super) async fn ask_elsewhere(
        &self,
        request: &Request,
        user: &str,
    ) -> Result<Option<wsgiservice_client::Response>, Refusal> {
        let placement = self.runner().data().placement(user).await.map_err(Failure::from)?;
        let is_elsewhere = placement.is_none_or(|it| it.state == State::Away);
        if !is_elsewhere || request.fields().contains_key(PASSED_ON) {
            return Ok(None);
        }
        let passed = Passed::new(request, None);
        let call = self.runner().client().get("command", user, &passed.path).header(PASSED_ON, "1");
        let call = passed.fill(call).on_behalf_of(request);
        call.await.map(Some).map_err(|error| Refusal::of_call(&error))
    }

    async fn send(
        &self,
        request: &Request,
        mut call: RequestBuilder,
    ) -> Result<wsgiservice_client::Response, Error> {
        for name in REQUEST_FIELDS {
            for value in request.fields().get_all(&name) {
                call = call.header(&name, value);
            }
        }
        call.on_behalf_of(request).timeout(time_to_wait(request)).await
    }
}

/// What a service has said.
fn answer(response: wsgiservice_client::Response) -> Result<Response<Body>, Refusal> {
    let mut answer = Response::builder().status(response.status());
    for name in RESPONSE_FIELDS.iter().chain([&CLUSTER]) {
        for value in response.headers().get_all(name) {
            answer = answer.header(name, value);
        }
    }
    let body = Body::of_stream(response.bytes_stream());
    answer.body(body).map_err(|error| Refusal::Unreachable(error.to_string()))
}

impl Refusal {
    /// A call that has no response.
    pub(super) fn of_call(error: &Error) -> Self {
        match (error.kind(), error.status()) {
            (ErrorKind::InvalidRequest, _) => Self::Malformed(error.to_string()),
            (ErrorKind::DeadlineExceeded, _) => Self::Late,
            (_, Some(http::StatusCode::GONE)) => Self::Gone { code: "user-gone" },
            _ => Self::Unreachable(error.to_string()),
        }
    }
}
