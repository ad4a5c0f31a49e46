//! An application that was built.

pub(crate) mod build_error;
pub(crate) mod deprecation;
pub(crate) mod freshness;
pub(crate) mod methods;
pub(crate) mod mounting;
pub(crate) mod policy;
pub(crate) mod resource;

use http::HeaderValue;

use self::{build_error::BuildError, policy::Manners, resource::Entry};
use crate::{
    http::request::Request, problem::Problem, representation::Representations, routing::Router,
    settings::Network,
};

/// All that the exchange needs of an application.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) router: Router,
    pub(crate) entries: Vec<Entry>,
    pub(crate) problems: Representations,
    /// `Allow` for a target that is no resource's.
    pub(crate) allow: HeaderValue,
    /// How to answer where no resource is found.
    pub(crate) manners: Manners,
    /// Who may read what the application tells of itself.
    pub(crate) trusted: Vec<Network>,
    /// What it tells of itself, by which a test holds its answers.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) documentation: Option<std::sync::Arc<crate::documentation::Documentation>>,
    /// Why nothing can be answered at all.
    pub(crate) broken: Option<BuildError>,
}

impl Built {
    pub(crate) fn new(router: Router, entries: Vec<Entry>, broken: Option<BuildError>) -> Self {
        Self {
            router,
            entries,
            problems: Representations::of_problems(&["json"]),
            allow: HeaderValue::from_static("OPTIONS"),
            manners: Manners::default(),
            trusted: Network::loopback(),
            #[cfg(any(test, feature = "testing"))]
            documentation: None,
            broken,
        }
    }

    /// Whether the request comes from a network that is trusted; of one without a socket nobody knows.
    pub(crate) fn trusts(&self, request: &Request) -> bool {
        let peer = request.peer().map(|peer| peer.ip());
        peer.is_some_and(|peer| self.trusted.iter().any(|network| network.contains(peer)))
    }

    pub(crate) fn entry(&self, position: usize) -> Result<&Entry, Problem> {
        self.entries.get(position).ok_or_else(Problem::not_found)
    }
}
