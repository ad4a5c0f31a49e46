//! The validators of the selected representation (RFC 9110, section 8.8): its entity tag, and when it was modified.

use std::time::SystemTime;

use siphasher::sip128::SipHasher13;

use crate::{
    fields::{entity_tag::EntityTag, http_date},
    outcome::{Outcome, OutcomeContent},
};

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

impl Validators {
    /// Makes them of what `get` gave.
    pub(crate) fn compute(&mut self, outcome: &Outcome) {
        if !outcome.status.is_success() {
            return;
        }
        match &outcome.content {
            OutcomeContent::Represented(bytes) => self.etag = Some(tag_of(bytes)),
            OutcomeContent::Binary(binary) => {
                self.etag = binary.tag();
                let modified = binary.last_modified().map(http_date::not_future);
                self.last_modified = self.last_modified.or(modified);
            }
            OutcomeContent::Nothing | OutcomeContent::Verbatim(_) => {}
        }
    }
}

/// A strong entity tag for this content.
///
/// 128 bits of SipHash-1-3 are enough: nobody gains by two contents of the same service that share a tag, and nobody is
/// known to be able to make them. The key is fixed, so that all instances of a service give the same tag.
pub(crate) fn tag_of(content: &[u8]) -> EntityTag {
    EntityTag::of_digest(SipHasher13::new().hash(content).as_u128())
}
