//! What the stages of an exchange have found so far.

use http::HeaderValue;

use crate::{
    http::{path::Path, request::Request},
    preconditions::{Preconditions, Validators},
    representation::{Representation, Representations, Variant, Writer},
    routing::Matched,
    site::{Lifetime, NegotiatedBy, Policy, Site, SiteOperation, SiteResource},
};

use super::negotiate::Negotiated;

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
}

impl<'a> Context<'a> {
    pub(super) fn new(site: &'a Site, request: &'a Request, path: &'a Path<'a>) -> Self {
        Self {
            site,
            request,
            path,
            matched: None,
            resource: None,
            operation: None,
            negotiated: None,
            validators: Validators::default(),
        }
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
        let is_represented = self.operation.is_some_and(SiteOperation::is_represented);
        NegotiatedBy {
            accept: is_represented && self.extension().is_none(),
            accept_encoding: self.negotiated.is_some_and(|negotiated| negotiated.can_be_coded),
        }
    }

    /// The value of `Vary` of a response that was negotiated by these fields.
    pub(super) fn vary(&self, by: NegotiatedBy) -> Option<&'a HeaderValue> {
        self.operation.map_or(&self.site.vary, |operation| &operation.vary).value(by)
    }

    /// How long the response stays fresh.
    pub(super) fn freshness(&self) -> Option<&'a Lifetime> {
        self.operation?.freshness.as_ref()
    }

    /// How the value that the method returns is written.
    pub(super) fn writer(&self) -> Option<Writer> {
        Some(self.representation()?.writer)
    }

    /// The variant that was negotiated; `None` if there is none for the client.
    pub(super) fn variant(&self) -> Option<Variant> {
        self.negotiated.map(|negotiated| negotiated.variant(self.request))
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
