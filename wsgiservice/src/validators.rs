//! The validators of the selected representation (RFC 9110, section 8.8): its entity tag, and when it was modified.

use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::fields::entity_tag::EntityTag;

/// What is known of the present state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Validators {
    /// Whether there is a representation at all.
    pub(crate) exists: bool,
    /// The entity tag of the resource, not yet made distinct per representation.
    pub(crate) etag: Option<EntityTag>,
    /// In whole seconds, and never in the future.
    pub(crate) last_modified: Option<SystemTime>,
}

/// A strong entity tag for this content.
///
/// Half of a SHA-256 is enough: nobody gains by two contents of the same service that share a tag, and nobody can
/// make them.
pub(crate) fn tag_of(content: &[u8]) -> EntityTag {
    let digest = Sha256::digest(content);
    let half = digest.first_chunk::<16>().map_or(0, |half| u128::from_be_bytes(*half));
    EntityTag::strong(format_args!("{half:032x}"))
}
