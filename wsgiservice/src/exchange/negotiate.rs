//! Proactive negotiation (RFC 9110, section 12.1): which representation is selected.

use http::header;

use crate::{
    formats::coding::Coding,
    http::{accept, accept_encoding, known_fields::KnownField, request::Request},
    problem::Problem,
    representation::{Representations, Selected},
};

/// Selects a representation: an extension decides alone, else `Accept` does.
pub(crate) fn select<'a>(
    request: &Request,
    extension: Option<&str>,
    representations: &'a Representations,
) -> Option<Selected<'a>> {
    if let Some(extension) = extension {
        return representations.by_extension(extension);
    }
    if !request.has(KnownField::Representation) {
        return representations.at(0);
    }
    let accept = request.fields().get_all(header::ACCEPT);
    representations.at(accept::select(&accept, &representations.offers)?)
}

/// Selects a representation, or the default where the application wants that, or says which there are.
pub(crate) fn required<'a>(
    request: &Request,
    extension: Option<&str>,
    representations: &'a Representations,
    sends_default: bool,
) -> Result<Selected<'a>, Problem> {
    let selected = select(request, extension, representations);
    let default = || sends_default.then(|| representations.at(0)).flatten();
    selected.or_else(default).ok_or_else(|| Problem::not_acceptable(representations.media_types()))
}

/// Selects the content coding that the client likes best.
pub(crate) fn coding(request: &Request) -> Option<Coding> {
    if !request.has(KnownField::Coding) {
        return None;
    }
    accept_encoding::select(&request.fields().get_all(header::ACCEPT_ENCODING))
}
