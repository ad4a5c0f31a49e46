//! A resource and where it is mounted: what the builder hands to the site.

use std::{any::TypeId, sync::Arc};

use super::Policy;
use crate::{
    declaration::{Mount, Operations},
    limits::Limits,
    resource::{Resource, authorize::Authorizer, erased::ErasedResource},
};

/// A resource that is to be compiled.
#[derive(Debug)]
pub(crate) struct Mounting {
    /// The prefix of the applications that it is nested in.
    pub(crate) prefix: String,
    /// The type of the resource.
    pub(crate) id: TypeId,
    pub(crate) mount: Mount,
    pub(crate) operations: Operations,
    pub(crate) resource: Arc<dyn ErasedResource>,
    /// The position of the layers of the nested applications around it, if there are any.
    pub(crate) layers: Option<usize>,
    /// The policy of the nested application that it comes from.
    pub(crate) policy: Option<Arc<Policy>>,
    /// The limits of the nested application that it comes from.
    pub(crate) limits: Option<Arc<Limits>>,
    /// What authorizes its requests, if it has no hook of its own.
    pub(crate) authorizer: Option<Authorizer>,
}

impl Mounting {
    /// A resource at the path of its `#[mount]`.
    pub(crate) fn new<R: Resource>(resource: R) -> Self {
        const { R::CHECKED };
        Self {
            prefix: String::new(),
            id: TypeId::of::<R>(),
            mount: *R::MOUNT,
            operations: R::OPERATIONS,
            resource: resource.erase().0,
            layers: None,
            policy: None,
            limits: None,
            authorizer: None,
        }
    }
}
