//! The validators of the selected representation (RFC 9110, section 8.8): its entity tag, and when it was modified.

use std::time::SystemTime;

use xxhash_rust::xxh3::xxh3_64;

use crate::{
    http::{date, entity_tag::EntityTag},
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
                let modified = binary.last_modified().map(date::not_future);
                self.last_modified = self.last_modified.or(modified);
            }
            OutcomeContent::Nothing | OutcomeContent::Verbatim(_) => {}
        }
    }
}

/// A strong entity tag for this content.
///
/// Two states of a resource share the 64 bits of XXH3 by chance once in 2^64, and it costs next to nothing, however large the
/// content is. It has no key, so that all instances of a service give the same tag; so who writes a part of the content can
/// make two states that share one, which the documentation of `etag = auto` says.
pub(crate) fn tag_of(content: &[u8]) -> EntityTag {
    EntityTag::of_digest(xxh3_64(content))
}
