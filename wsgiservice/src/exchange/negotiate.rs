//! Proactive negotiation (RFC 9110, section 12.1): the representation and the content coding of a response.

use crate::{
    formats::coding::Coding,
    http::{accept_encoding, incoming::Request, known_fields::KnownField},
    problem::Problem,
    representation::{Representation, Representations, Variant},
    site::{SiteOperation, SiteResource},
};

/// What was negotiated for a response.
#[derive(Clone, Copy, Debug)]
pub(super) struct Negotiated<'a> {
    /// The representation, or `None` if the method writes the content itself.
    pub(super) representation: Option<&'a Representation>,
    /// Whether the content can have a content coding; [`coding`](Self::coding) negotiates it when it is needed.
    pub(super) can_be_coded: bool,
}

impl Negotiated<'_> {
    /// The content coding that the client prefers, if the representation can have one.
    pub(super) fn coding(self, request: &Request) -> Option<Coding> {
        self.can_be_coded.then(|| coding(request)).flatten()
    }

    /// The variant that the client gets.
    ///
    /// It is known before the method runs, so that a 304 has the tag of the 200. So content that is too short for a
    /// coding has the tag of the coding, too: the tag still stands for the same bytes each time.
    pub(super) fn variant(self, request: &Request) -> Variant {
        let plain = self.representation.map_or(Variant::ONLY, |it| Variant::plain(it.extension));
        plain.coded(self.coding(request))
    }
}

/// Negotiates the response of an operation.
///
/// # Errors
/// A 406 if the client accepts none of the representations.
pub(super) fn negotiate<'a>(
    request: &Request,
    resource: &SiteResource,
    operation: &'a SiteOperation,
    extension: Option<&str>,
) -> Result<Option<Negotiated<'a>>, Problem> {
    let representations = &operation.representations;
    if operation.is_represented() {
        let sends_default = resource.policy.sends_default;
        let representation = required(request, extension, representations, sends_default)?;
        let can_be_coded = representation.can_be_coded;
        return Ok(Some(Negotiated { representation: Some(representation), can_be_coded }));
    }
    if operation.is_verbatim() {
        if let (Some(produced), None) = (&operation.produced, extension) {
            required(request, None, produced, resource.policy.sends_default)?;
        }
        return Ok(Some(Negotiated { representation: None, can_be_coded: false }));
    }
    let selected = select(request, extension, representations);
    Ok(selected.map(|selected| Negotiated { representation: Some(selected), can_be_coded: false }))
}

/// Negotiates the response of an operation; a client that accepts none of the representations gets the default one.
pub(super) fn negotiate_or_default<'a>(
    request: &Request,
    resource: &SiteResource,
    operation: &'a SiteOperation,
    extension: Option<&str>,
) -> Option<Negotiated<'a>> {
    negotiate(request, resource, operation, extension).unwrap_or_else(|_| {
        let default = operation.representations.default()?;
        Some(Negotiated { representation: Some(default), can_be_coded: default.can_be_coded })
    })
}

/// Selects a representation: an extension decides alone; without one, `Accept` does.
pub(super) fn select<'a>(
    request: &Request,
    extension: Option<&str>,
    representations: &'a Representations,
) -> Option<&'a Representation> {
    if let Some(extension) = extension {
        return representations.with_extension(extension);
    }
    if !request.has(KnownField::Representation) {
        return representations.default();
    }
    representations.at(representations.offers.select(request.fields())?)
}

/// Selects a representation, or the default one if the application prefers that to a 406.
#[inline(always)]
fn required<'a>(
    request: &Request,
    extension: Option<&str>,
    representations: &'a Representations,
    sends_default: bool,
) -> Result<&'a Representation, Problem> {
    let selected = select(request, extension, representations);
    let default = || sends_default.then(|| representations.default()).flatten();
    selected.or_else(default).ok_or_else(|| Problem::not_acceptable(representations.media_types()))
}

/// Selects the content coding that the client prefers.
pub(super) fn coding(request: &Request) -> Option<Coding> {
    if !request.has(KnownField::Coding) {
        return None;
    }
    let codings = Coding::ALL.map(Coding::name);
    let position = accept_encoding::select_coding(request.fields(), &codings)?;
    Coding::ALL.get(position).copied()
}
