//! The span of a request without the feature `otlp`: there is none.

use std::{future::Future, num::NonZeroU128};

use crate::{
    http::{identity::Identity, incoming::Request},
    statistics::Ended,
};

/// No span.
#[derive(Clone, Debug)]
pub(crate) struct RequestSpan;

impl RequestSpan {
    #[inline(always)]
    pub(crate) fn new(_: &Request) -> Self {
        Self
    }

    #[cfg(feature = "server")]
    pub(crate) fn of_malformed_head() -> Self {
        Self
    }

    pub(crate) fn none() -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn is_recorded(&self) -> bool {
        false
    }

    #[inline(always)]
    pub(crate) fn trace_id(&self) -> Option<NonZeroU128> {
        None
    }

    #[inline(always)]
    pub(crate) fn around<F: Future>(&self, future: F) -> F {
        future
    }

    pub(crate) fn end(&self, _: &str, _: Option<&str>, _: &Identity, _: &Ended) {}
}
