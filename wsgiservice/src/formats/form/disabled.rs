//! The stand-in for `multipart/form-data` if the feature `multipart` is off.

use bytes::Bytes;
use futures_util::Stream;
use http::StatusCode;

use crate::problem::Problem;

#[derive(Debug)]
pub(crate) enum FormStream {}

/// A part of a form, which cannot exist.
#[derive(Debug)]
pub(crate) struct Part<'a>(&'a mut FormStream);

impl FormStream {
    pub(crate) fn new(
        _: impl Stream<Item = Result<Bytes, Problem>> + Send + 'static,
        _: &str,
    ) -> Result<Self, Problem> {
        Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE))
    }

    pub(crate) async fn next(&mut self) -> Result<Option<Part<'_>>, Problem> {
        match *self {}
    }
}

impl Part<'_> {
    pub(crate) fn name(&self) -> &str {
        match *self.0 {}
    }

    pub(crate) fn file_name(&self) -> Option<&str> {
        match *self.0 {}
    }

    pub(crate) fn media_type(&self) -> Option<&str> {
        match *self.0 {}
    }

    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Problem> {
        match *self.0 {}
    }
}
