//! The validators of the selected representation (RFC 9110, section 8.8): its entity tag, and when it was modified.

use std::time::SystemTime;

use siphasher::sip128::SipHasher24;

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
/// 128 bits of SipHash-2-4 are enough: nobody gains by two contents of the same service that share a tag, and nobody is
/// known to be able to make them. The key is fixed, so that all instances of a service give the same tag.
pub(crate) fn tag_of(content: &[u8]) -> EntityTag {
    EntityTag::of_digest(SipHasher24::new().hash(content).as_u128())
}
