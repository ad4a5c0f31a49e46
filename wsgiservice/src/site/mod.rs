//! An application, compiled: what its requests and its documentation need is derived here, once.
//!
//! Both the exchange and the documentation read a [`Site`], and nothing of the declarations behind it, so that what is
//! documented is what happens.

pub(crate) mod build_error;
mod deprecation;
mod freshness;
mod methods;
mod mounting;
mod operation;
mod policy;
mod resource;
mod responses;
mod vary;

use std::sync::Arc;

use http::HeaderValue;

pub use self::policy::Policy;
pub(crate) use self::{
    freshness::Lifetime,
    mounting::Mounting,
    operation::SiteOperation,
    resource::SiteResource,
    responses::SiteResponse,
    vary::{NegotiatedBy, Vary},
};
pub(crate) use crate::declaration::{Deprecation, Package};
use crate::{
    http::{network::Network, request::Request},
    problem::Problem,
    representation::Representations,
    routing::Router,
};

/// The paths of the resources that describe the application, for trusted clients only.
const INTERNAL: &str = "/_internal/";

/// A compiled application.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) router: Router,
    pub(crate) resources: Vec<SiteResource>,
    /// The representations of a problem, if no resource is found.
    pub(crate) problems: Representations,
    /// `Allow` for a target that belongs to no resource.
    pub(crate) allow: HeaderValue,
    /// `Vary` of a response that belongs to no operation.
    pub(crate) vary: Vary,
    /// The policy if no resource is found.
    pub(crate) policy: Arc<Policy>,
    /// The networks whose clients may read `/_internal/`.
    trusted: Vec<Network>,
}

/// Returns whether the path belongs to a resource that describes the application.
pub(crate) fn is_internal(path: &str) -> bool {
    path.starts_with(INTERNAL)
}

impl Site {
    /// A site without resources.
    pub(crate) fn new(policy: Policy, trusted: Vec<Network>) -> Self {
        Self {
            router: Router::ignoring(policy.ignored_paths.clone()),
            resources: Vec::new(),
            problems: Representations::of_problems(&["json"]),
            allow: HeaderValue::from_static("OPTIONS"),
            vary: Vary::new(&[]),
            policy: Arc::new(policy),
            trusted,
        }
    }

    /// Compiles resources and adds them; returns everything that is wrong with them.
    pub(crate) fn mount(&mut self, mountings: Vec<Mounting>) -> Vec<String> {
        let mut wrong = Vec::new();
        for mounting in mountings {
            match SiteResource::new(mounting, &self.policy) {
                Ok(resource) => {
                    wrong.extend(resource.add_to(&mut self.router, &self.resources));
                    self.resources.push(resource);
                }
                Err(errors) => wrong.extend(errors),
            }
        }
        wrong
    }

    /// The resource at this position.
    ///
    /// # Errors
    /// A 404 if there is none.
    pub(crate) fn resource(&self, position: usize) -> Result<&SiteResource, Problem> {
        self.resources.get(position).ok_or_else(Problem::not_found)
    }

    /// Whether a request comes from a trusted network; a request without a peer does not.
    pub(crate) fn trusts(&self, request: &Request) -> bool {
        let peer = request.peer().map(|peer| peer.ip());
        peer.is_some_and(|peer| self.trusted.iter().any(|network| network.contains(peer)))
    }
}
