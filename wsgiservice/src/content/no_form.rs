//! What stands in for forms in parts where the feature `multipart` is off: there are none.

use http::StatusCode;

use super::{ContentStream, File};
use crate::problem::Problem;

#[derive(Debug)]
pub(crate) enum FormStream {}

#[derive(Debug)]
pub(super) enum Part {}

impl FormStream {
    pub(super) fn new(_: ContentStream, _: &str) -> Result<Self, Problem> {
        Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE))
    }

    pub(super) async fn next(&mut self) -> Result<Option<Part>, Problem> {
        match *self {}
    }
}

impl Part {
    pub(super) async fn collect(self) -> Result<(String, File), Problem> {
        match self {}
    }
}
