//! What the stages of an exchange have found so far.

use crate::{
    http::{path::Path, request::Request},
    preconditions::{Preconditions, Validators},
    representation::{Representation, Representations, Variant, Writer},
    routing::Matched,
    site::{Lifetime, Policy, Site, SiteOperation, SiteResource},
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
    /// The variant that the client already has, if that is the reason for a 304.
    pub(super) variant_of_client: Option<Variant>,
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
            variant_of_client: None,
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

    /// Whether `Accept` could have mattered.
    pub(super) fn is_represented(&self) -> bool {
        self.operation.is_some_and(SiteOperation::is_represented)
    }

    /// How long the response stays fresh.
    pub(super) fn freshness(&self) -> Option<&'a Lifetime> {
        self.operation?.freshness.as_ref()
    }

    /// How the value that the method returns is written.
    pub(super) fn writer(&self) -> Option<Writer> {
        Some(self.representation()?.writer)
    }

    /// The preconditions of the request.
    ///
    /// A `GET` or a `HEAD` asks about the representation that was selected, coded or not. A request that changes the
    /// resource may state the tag of any variant, since its client may have seen any.
    pub(super) fn preconditions(&self, resource: &SiteResource) -> Preconditions {
        let selected = || self.negotiated.map(|it| it.variants(self.request)).unwrap_or_default();
        let all = || {
            let plain = resource.extensions().into_iter().map(Variant::plain);
            let each = plain.flat_map(|plain| [plain].into_iter().chain(plain.all_coded()));
            each.chain([Variant::ONLY]).collect()
        };
        Preconditions::of(self.request, selected, all)
    }
}
