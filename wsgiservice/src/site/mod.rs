//! An application, compiled: what its requests and its documentation need is derived here, once.
//!
//! Both the exchange and the documentation read a [`Site`], and nothing of the declarations behind it, so that what is
//! documented is what happens.

pub(crate) mod build_error;
pub(crate) mod content_schema;
mod cors;
mod credentials;
pub(crate) mod current;
mod deprecation;
mod freshness;
mod methods;
mod mounting;
mod operation;
mod policy;
pub(crate) mod problem_types;
mod resource;
pub(crate) mod resource_paths;
mod responses;
mod trust;
mod vary;

use std::{
    borrow::Cow,
    collections::BTreeSet,
    panic::{self, AssertUnwindSafe},
    sync::Arc,
};

use http::{HeaderValue, Method};
use tokio_util::sync::CancellationToken;

use self::resource_paths::{PathContext, ResourcePaths};
pub use self::{cors::Cors, policy::Policy};
pub(crate) use self::{
    freshness::Lifetime,
    mounting::Mounting,
    operation::SiteOperation,
    resource::SiteResource,
    responses::SiteResponse,
    trust::Trust,
    vary::{NegotiatedBy, Vary},
};
pub(crate) use crate::declaration::{Deprecation, Package, SchemaOf};
use crate::{
    http::{base, incoming::Request, known_fields::KnownField, network::Network, path::Path},
    limits::Limits,
    problem::Problem,
    representation::Representations,
    routing::{self, Matched, Router},
    statistics::Statistics,
};

/// The parameters of a method that returns a page: where it begins, and how many items it has at most.
pub(crate) const START: &str = "start";
pub(crate) const COUNT: &str = "count";

/// The token of a client in a query (RFC 6750, section 2.3).
const ACCESS_TOKEN: &str = "access_token";

/// The path of the resources that describe the application, for trusted clients only.
const INTERNAL: &str = "/_internal";

/// Those of them that all clients may read: a load balancer is not on this host.
const PUBLIC: [&str; 3] = ["health", "live", "ready"];

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
    /// The limits if no resource is found, and those of connections.
    pub(crate) limits: Arc<Limits>,
    /// Whose clients may read `/_internal/`.
    pub(crate) trust: Arc<Trust>,
    /// The names of this host, beside those that need not be told.
    pub(crate) hosts: Vec<String>,
    /// What hosts and proxies remove from the path of a target, if the application says so.
    base: Option<String>,
    paths: Arc<ResourcePaths>,
    /// The cluster that the application is in, which each response names.
    pub(crate) cluster: Option<HeaderValue>,
    /// Ends what would go on for as long as a client listens.
    pub(crate) stopping: CancellationToken,
    pub(crate) statistics: Arc<Statistics>,
    /// Whether something precedes the path of a resource: the base, or the prefix of a nested application.
    has_prefixes: bool,
    /// The names of what must not be logged, although a client may send it in a query.
    secret_names: BTreeSet<&'static str>,
}

/// Returns whether the path belongs to a resource that describes the application.
#[inline(always)]
pub(crate) fn is_internal(path: &str) -> bool {
    let rest = path.strip_prefix(INTERNAL);
    rest.is_some_and(|rest| matches!(rest.bytes().next(), None | Some(b'/' | b'.')))
}

/// Returns whether the path, which is internal, belongs to a resource for trusted clients only.
fn is_for_trusted(path: &str) -> bool {
    let name = path.get(INTERNAL.len() + 1..).unwrap_or_default();
    let name = name.split_once('.').map_or(name, |(name, _)| name);
    !PUBLIC.contains(&name)
}

impl Site {
    /// A site without resources.
    pub(crate) fn new(
        policy: Policy,
        limits: Limits,
        trusted: Option<Vec<Network>>,
        base: Option<String>,
    ) -> Self {
        Self {
            router: Router::ignoring(policy.ignored_paths.clone()),
            resources: Vec::new(),
            problems: Representations::of_problems(&["json"]),
            allow: HeaderValue::from_static("OPTIONS"),
            vary: Vary::new(policy.vary().as_slice()),
            policy: Arc::new(policy),
            limits: Arc::new(limits),
            trust: Arc::new(Trust::new(trusted)),
            has_prefixes: base.as_ref().is_some_and(|base| !base.is_empty()),
            hosts: Vec::new(),
            base,
            paths: Arc::default(),
            cluster: None,
            stopping: CancellationToken::new(),
            statistics: Arc::default(),
            secret_names: BTreeSet::from([ACCESS_TOKEN]),
        }
    }

    /// Compiles resources and adds them; returns everything that is wrong with them.
    pub(crate) fn mount(&mut self, mountings: Vec<Mounting>) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut paths = Arc::unwrap_or_clone(std::mem::take(&mut self.paths));
        for mounting in mountings {
            let (id, prefix) = (mounting.id, mounting.prefix.clone());
            self.has_prefixes |= !prefix.is_empty();
            match SiteResource::new(mounting, &self.policy, &self.limits) {
                Ok(resource) => {
                    wrong.extend(resource.add_to(&mut self.router, &self.resources));
                    self.secret_names.extend(resource.secret_names());
                    self.resources.push(resource);
                    paths.add(id, &prefix);
                }
                Err(errors) => wrong.extend(errors),
            }
        }
        self.paths = Arc::new(paths);
        wrong
    }

    /// Finds the resource that the target of a request matches, by its normalised path.
    pub(crate) fn find<'a>(&'a self, method: &Method, path: &'a Path<'_>) -> Option<Matched<'a>> {
        self.router.find(path, |whole| self.accepts(method, whole))
    }

    /// Whether the last variable of a path accepts its text. A conversion that panics accepts nothing: it panics again when
    /// the arguments are bound, where that ends only the request.
    fn accepts(&self, method: &Method, whole: &Matched<'_>) -> bool {
        let Some(resource) = self.resources.get(whole.resource) else { return false };
        let accepts = || resource.accepts(method, &whole.variables);
        panic::catch_unwind(AssertUnwindSafe(accepts)).unwrap_or(false)
    }

    /// Routes a request to a resource.
    ///
    /// # Errors
    /// A 404 if no resource matches, or if the path is ignored.
    pub(crate) fn route<'a>(
        &'a self,
        request: &Request,
        path: &'a Path<'_>,
    ) -> Result<Matched<'a>, Problem> {
        let (method, query) = (request.method(), request.target().query());
        let matched = self.find(method, path).ok_or_else(routing::not_found)?;
        if self.router.ignores(method, &matched, path, query) {
            return Err(Problem::not_found());
        }
        Ok(matched)
    }

    /// What precedes the path of a request for its client; `None` if a host may have removed something unknown.
    ///
    /// Without a host, only proxies can have removed it: what a trusted one says replaces the setting. Within a host, the
    /// setting is what the host removed, after the proxies.
    pub(crate) fn base(&self, request: &Request) -> Option<Cow<'_, str>> {
        let is_hosted = request.is_hosted();
        let set = self.base.as_deref().or((!is_hosted).then_some(""));
        let is_forwarded = request.has(KnownField::ForwardedPrefix) && self.trusts(request);
        match is_forwarded.then(|| base::forwarded(request.fields())).flatten() {
            Some(forwarded) if is_hosted => set.map(|base| Cow::Owned(forwarded + base)),
            Some(forwarded) => Some(Cow::Owned(forwarded)),
            None => set.map(Cow::Borrowed),
        }
    }

    /// What the paths of resources depend on during a request; `None` if nothing precedes any path, so that most
    /// applications pay nothing.
    #[inline(always)]
    pub(crate) fn path_context(
        &self,
        request: &Request,
        matched: &Matched<'_>,
    ) -> Option<PathContext> {
        let has_prefix = self.has_prefixes || request.has(KnownField::ForwardedPrefix);
        has_prefix.then(|| self.prefixed(request, matched))
    }

    /// The same, if there is a prefix.
    #[cold]
    fn prefixed(&self, request: &Request, matched: &Matched<'_>) -> PathContext {
        let base = self.base(request).unwrap_or_default();
        self.paths.context(matched.resource, base.into_owned(), matched.path)
    }

    /// The resource at this position.
    ///
    /// # Errors
    /// A 404 if there is none.
    pub(crate) fn resource(&self, position: usize) -> Result<&SiteResource, Problem> {
        self.resources.get(position).ok_or_else(Problem::not_found)
    }

    /// Whether a path is hidden from the client of a request.
    #[inline(always)]
    pub(crate) fn hides(&self, path: &str, request: &Request) -> bool {
        is_internal(path) && self.hides_internal(path, request)
    }

    #[cold]
    fn hides_internal(&self, path: &str, request: &Request) -> bool {
        is_for_trusted(path) && !self.trust.has_client(request)
    }

    /// The problem of a path that is hidden from the client of a request: that of one that does not exist.
    #[cold]
    pub(crate) fn hidden(&self, request: &Request) -> Problem {
        self.trust.log_hidden(request);
        routing::not_found()
    }

    /// Whether the value of a name in a query must not be logged. A client can send it to any resource.
    pub(crate) fn is_secret(&self, name: &str) -> bool {
        self.secret_names.contains(name)
    }

    /// Whether a request comes from a trusted network; a request without a peer does not.
    pub(crate) fn trusts(&self, request: &Request) -> bool {
        self.trust.has_peer(request)
    }
}
