//! A change that can be undone, of anything that another service has.

use bytes::Bytes;
use database::data::User;
use http::{HeaderName, Response, header};
use wsgiservice::{
    IdempotencyKey, Preconditions, Request as HttpRequest, content::Body, mount, resource,
};

use super::{
    dispatch::{Call, Command, Dispatch},
    pass::Passed,
};
use crate::{
    refusal::Refusal,
    work::{self, Action, Conditions, Kind, Method, Payload, Request, Step, Work},
};

/// What a user has of a kind, in the service that keeps it.
#[mount("/1/{resource}/{user}")]
#[validate(resource, doc = "The kind, by which the service is known.")]
pub(super) struct Collection {
    pub(super) dispatch: Dispatch,
}

/// Something that a user has, in the service that keeps it.
#[mount("/1/{resource}/{user}/{*rest}")]
#[validate(resource, doc = "The kind, by which the service is known.")]
#[validate(rest, doc = "The rest of the path, which only the service knows.")]
pub(super) struct Member {
    pub(super) dispatch: Dispatch,
}

#[resource]
impl Collection {
    /// The preconditions are those of the service.
    async fn admit(&self, preconditions: Preconditions) {
        preconditions.defer();
    }

    /// Return what the service returns.
    async fn get(
        &self,
        resource: String,
        user: User,
        request: &HttpRequest,
    ) -> Result<Response<Body>, Refusal> {
        let _ = resource;
        self.dispatch.retrieve(request, &user).await
    }

    /// Create something, so that it can be undone by the ticket in `X-Undo-Ticket`.
    #[limit(content = 8 << 20)]
    async fn post(
        &self,
        resource: String,
        user: User,
        content: Bytes,
        key: Option<IdempotencyKey>,
        request: &HttpRequest,
    ) -> Result<Response<Body>, Refusal> {
        let _ = resource;
        self.dispatch.change(Method::Post, &user, content, key, request).await
    }
}

#[resource]
impl Member {
    /// The preconditions are those of the service.
    async fn admit(&self, preconditions: Preconditions) {
        preconditions.defer();
    }

    /// Return what the service returns.
    async fn get(
        &self,
        resource: String,
        user: User,
        rest: String,
        request: &HttpRequest,
    ) -> Result<Response<Body>, Refusal> {
        let _ = (resource, rest);
        self.dispatch.retrieve(request, &user).await
    }

    /// Create or replace something, so that it can be undone by the ticket in `X-Undo-Ticket`.
    #[limit(content = 8 << 20)]
    async fn put(
        &self,
        resource: String,
        user: User,
        rest: String,
        content: Bytes,
        key: Option<IdempotencyKey>,
        request: &HttpRequest,
        _preconditions: Preconditions,
    ) -> Result<Response<Body>, Refusal> {
        let _ = (resource, rest);
        self.dispatch.change(Method::Put, &user, content, key, request).await
    }

    /// Delete something, so that it can be undone by the ticket in `X-Undo-Ticket`.
    async fn delete(
        &self,
        resource: String,
        user: User,
        rest: String,
        key: Option<IdempotencyKey>,
        request: &HttpRequest,
        _preconditions: Preconditions,
    ) -> Result<Response<Body>, Refusal> {
        let _ = (resource, rest);
        self.dispatch.change(Method::Delete, &user, Bytes::new(), key, request).await
    }

    /// Create something, so that it can be undone by the ticket in `X-Undo-Ticket`.
    #[limit(content = 8 << 20)]
    async fn post(
        &self,
        resource: String,
        user: User,
        rest: String,
        content: Bytes,
        key: Option<IdempotencyKey>,
        request: &HttpRequest,
    ) -> Result<Response<Body>, Refusal> {
        let _ = (resource, rest);
        self.dispatch.change(Method::Post, &user, content, key, request).await
    }
}

impl Dispatch {
    async fn change(
        &self,
        method: Method,
        user: &User,
        content: Bytes,
        key: Option<IdempotencyKey>,
        request: &HttpRequest,
    ) -> Result<Response<Body>, Refusal> {
        let path = request.target().path().to_owned();
        self.runner().routes().place(&path).map_err(Refusal::UnknownResource)?;
        let field = |name: HeaderName| {
            let lines = request.fields().get_all(name).iter().filter_map(|it| it.to_str().ok());
            lines.map(str::to_owned).reduce(|list, line| format!("{list}, {line}"))
        };
        let media_type = field(header::CONTENT_TYPE);
        let has_content = media_type.is_some() || !content.is_empty();
        let content = has_content.then(|| Payload { media_type, bytes: work::Bytes(content) });
        let passed = Passed::new(request, content.clone());
        let conditions = Conditions {
            if_match: field(header::IF_MATCH),
            if_none_match: field(header::IF_NONE_MATCH),
        };
        let query = passed.query.clone();
        let change = Request { method, query, content, ensure: false, conditions };
        let steps = vec![Step { path, action: Action::Request(change) }];
        let work = Work { kind: Kind::Change, steps, event: None };
        let command = Command::Work(work);
        self.execute(Call { request, user, key, command, passed }).await
    }
}
