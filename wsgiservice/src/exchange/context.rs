//! What the stages of an exchange have found so far.

use http::{HeaderValue, Method, Response, header};

use crate::{
    http::{
        body::Body, date, entity_tag::EntityTag, identity::Identity, incoming::Request, path::Path,
    },
    preconditions::{Preconditions, Validators},
    problem::Problem,
    representation::{Representation, Representations, Variant, Writer},
    routing::Matched,
    site::{Lifetime, NegotiatedBy, Policy, Site, SiteOperation, SiteResource},
    statistics::Measurement,
};

use super::{
    current_state::CurrentState,
    negotiate::{self, Negotiated},
    observation::Observation,
};

/// What every exit of an exchange has to know: the request, which stays readable until the response is complete, and
/// what each stage found.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) site: &'a Site,
    pub(super) request: &'a Request,
    /// The normalized path of the request.
    pub(super) path: &'a Path<'a>,
    pub(super) matched: Option<Matched<'a>>,
    pub(super) resource: Option<&'a SiteResource>,
    pub(super) operation: Option<&'a SiteOperation>,
    pub(super) negotiated: Option<Negotiated<'a>>,
    pub(super) validators: Validators,
    /// The entity tag of the resource after the method has changed it.
    pub(super) new_tag: Option<EntityTag>,
    pub(super) measurement: Measurement<'a>,
    observation: &'a Observation<'a>,
}

impl<'a> Context<'a> {
    pub(super) fn new(
        site: &'a Site,
        request: &'a Request,
        path: &'a Path<'a>,
        measurement: Measurement<'a>,
        observation: &'a Observation<'a>,
    ) -> Self {
        Self {
            site,
            request,
            path,
            matched: None,
            resource: None,
            operation: None,
            negotiated: None,
            validators: Validators::default(),
            new_tag: None,
            measurement,
            observation,
        }
    }

    /// The problem with the challenges of the credentials that the resource asks for, if it is a 401.
    pub(super) fn with_challenges(&self, problem: Problem) -> Problem {
        match self.resource {
            Some(resource) => problem.with_challenges(&resource.credentials.challenges),
            None => problem,
        }
    }

    /// The ID and the trace of the request.
    pub(super) fn identity(&self) -> &Identity {
        self.observation.identity(self.request)
    }

    /// The request ends with this response.
    #[inline(always)]
    pub(super) fn end(&mut self, response: &mut Response<Body>, received: u64) {
        let Self { observation, request, .. } = *self;
        observation.end(&mut self.measurement, request, response, received);
    }

    /// The extension in the target that decides the representation.
    pub(super) fn extension(&self) -> Option<&'static str> {
        self.matched?.extension
    }

    /// The path without an extension, against which a relative location is resolved.
    pub(super) fn stem(&self) -> &str {
        self.matched.map_or(self.path, |matched| matched.path)
    }

    /// The policy of the resource; without a resource, that of the site.
    pub(super) fn policy(&self) -> &Policy {
        self.resource.map_or(&self.site.policy, |resource| &resource.policy)
    }

    /// The representations of a problem.
    pub(super) fn problems(&self) -> &'a Representations {
        self.resource.map_or(&self.site.problems, |resource| &resource.problems)
    }

    /// The representation that was negotiated, unless the method writes the content itself.
    pub(super) fn representation(&self) -> Option<&'a Representation> {
        self.negotiated?.representation
    }

    /// How the content of the method was negotiated.
    pub(super) fn negotiated_by(&self) -> NegotiatedBy {
        let is_negotiated = self.operation.is_some_and(SiteOperation::is_negotiated);
        NegotiatedBy {
            accept: is_negotiated && self.extension().is_none(),
            accept_encoding: self.negotiated.is_some_and(|negotiated| negotiated.can_be_coded),
        }
    }

    /// The value of `Vary` of a response that was negotiated by these fields.
    pub(super) fn vary(&self, by: NegotiatedBy) -> Option<&'a HeaderValue> {
        let otherwise = || self.resource.map_or(&self.site.vary, |resource| &resource.vary);
        self.operation.map_or_else(otherwise, |operation| &operation.vary).value(by)
    }

    /// How long the response stays fresh.
    pub(super) fn freshness(&self) -> Option<&'a Lifetime> {
        self.operation?.freshness.as_ref()
    }

    /// How the value that the method returns is written.
    pub(super) fn writer(&self) -> Option<Writer> {
        Some(self.representation()?.writer)
    }

    /// The negotiated variant; `None` if the client accepts no variant.
    pub(super) fn variant(&self) -> Option<Variant> {
        self.negotiated.map(|negotiated| negotiated.variant(self.request))
    }

    /// What a `GET` by this client negotiates: the tags in a response to another method are those that it would get.
    pub(super) fn negotiated_by_get(&self) -> Option<Negotiated<'a>> {
        if self.request.retrieves() {
            return self.negotiated;
        }
        let resource = self.resource?;
        let get = resource.method(&Method::GET)?;
        negotiate::negotiate_or_default(self.request, resource, get, self.extension())
    }

    /// The variant that a `GET` by this client gets.
    pub(super) fn variant_of_get(&self) -> Variant {
        self.negotiated_by_get()
            .map_or(Variant::ONLY, |negotiated| negotiated.variant(self.request))
    }

    /// The variant that a `GET` of another target by this client gets; that without representations if it is not of this site.
    pub(super) fn variant_at(&self, location: &str) -> Variant {
        let base = self.site.base(self.request).unwrap_or_default();
        let path = location.strip_prefix(&*base).unwrap_or(location);
        let path = Path::new(path.split(['?', '#']).next().unwrap_or_default());
        let negotiated = || {
            let matched = self.site.find(&Method::GET, &path)?;
            let resource = self.site.resources.get(matched.resource)?;
            let get = resource.method(&Method::GET)?;
            negotiate::negotiate_or_default(self.request, resource, get, matched.extension)
        };
        negotiated().map_or(Variant::ONLY, |negotiated| negotiated.variant(self.request))
    }

    /// Why a request that may change something is refused if a precondition is false.
    ///
    /// A `DELETE` of what does not exist is a 404 or a 410 if that is its response without preconditions, too (section
    /// 13.2.1).
    pub(super) fn refusal(
        &self,
        preconditions: &Preconditions,
        state: Option<Box<CurrentState<'_>>>,
    ) -> Problem {
        let can_be_absent = |problem: &Problem| {
            self.operation.is_some_and(|it| it.is_delete() && it.can_fail_with(problem.status()))
        };
        let absence = state.and_then(|mut state| state.absence(&self.validators));
        let absence = absence.filter(can_be_absent);
        absence.unwrap_or_else(|| self.precondition_failed(preconditions))
    }

    /// A 412 with the current validators, so that a client need not ask for them.
    pub(super) fn precondition_failed(&self, preconditions: &Preconditions) -> Problem {
        let mut problem = preconditions.refusal();
        if let Some(etag) = &self.validators.etag {
            problem = problem.field(header::ETAG, self.variant_of_get().tag_value(etag));
        }
        if let Some(time) = self.validators.last_modified {
            problem = problem.field(header::LAST_MODIFIED, date::value(time));
        }
        problem
    }

    /// The preconditions of the request.
    ///
    /// A `GET` or a `HEAD` asks about the variant that was negotiated. A request that changes the
    /// resource may state the tag of any variant, since its client may have seen any.
    pub(super) fn preconditions(&self, resource: &SiteResource) -> Preconditions {
        let selected = || self.variant().into_iter().collect();
        let all = || {
            let plain = resource.extensions().into_iter().map(Variant::plain);
            let each = plain.flat_map(|plain| [plain].into_iter().chain(plain.all_coded()));
            each.chain([Variant::ONLY]).collect()
        };
        Preconditions::of(self.request, selected, all)
    }
}

impl Drop for Context<'_> {
    /// A request that has not ended by now ends without a response.
    #[inline]
    fn drop(&mut self) {
        if self.measurement.counts() {
            let Self { observation, request, .. } = *self;
            observation.end_without_response(&mut self.measurement, request);
        }
    }
}
