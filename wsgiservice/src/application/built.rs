//! An application that was built.

use std::sync::Arc;

use http::{HeaderValue, Method, StatusCode, Uri};

use super::{BuildError, Manners, entry::Entry};
use crate::{
    config::Network,
    documentation::Documentation,
    problem::Problem,
    representation::Representations,
    request::Request,
    routing::{Router, normalise},
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
    /// What it tells of itself.
    pub(crate) documentation: Option<Arc<Documentation>>,
    /// Why nothing can be answered at all.
    pub(crate) broken: Option<BuildError>,
}

impl Built {
    pub(super) fn new(router: Router, entries: Vec<Entry>, broken: Option<BuildError>) -> Self {
        Self {
            router,
            entries,
            problems: Representations::of_problems(&["json"]),
            allow: HeaderValue::from_static("OPTIONS"),
            manners: Manners::default(),
            trusted: Network::loopback(),
            documentation: None,
            broken,
        }
    }

    /// Whether the request comes from a network that is trusted; of one without a socket nobody knows.
    pub(crate) fn trusts(&self, request: &Request) -> bool {
        let peer = request.peer().map(|peer| peer.ip());
        peer.is_some_and(|peer| self.trusted.iter().any(|network| network.contains(peer)))
    }

    /// Whether the documentation of what answers this request knows a status; see [`Documentation::knows`].
    pub(crate) fn knows(&self, method: &Method, target: &Uri, status: StatusCode) -> Option<bool> {
        let path = normalise(target.path());
        let matched = self.router.find(&path)?;
        if self.router.ignores(method, &matched, &path, target.query()) {
            return None;
        }
        let entry = self.entries.get(matched.resource)?;
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        self.documentation.as_ref()?.knows(entry.path(), method.as_str(), status.as_u16())
    }

    pub(crate) fn entry(&self, position: usize) -> Result<&Entry, Problem> {
        self.entries.get(position).ok_or_else(Problem::not_found)
    }
}
