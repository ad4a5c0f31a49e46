//! The variants of a resource: what an entity tag and `Vary` tell apart.

use http::HeaderValue;

use crate::{
    formats::coding::Coding,
    http::entity_tag::{EntityTag, Suffix},
};

/// A representation together with the content coding that is applied to it.
///
/// Each variant has an entity tag of its own (RFC 9110, section 8.8.3.3): the tag of the resource, followed by the
/// extension and the coding, as in `"abc_json_gzip"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Variant {
    /// The extension of the representation; `None` if the resource has only one variant.
    extension: Option<&'static str>,
    coding: Option<Coding>,
}

impl Variant {
    /// The variant of a resource that has only one, whose entity tag needs no suffix.
    pub(crate) const ONLY: Self = Self { extension: None, coding: None };

    /// The representation with this extension, without a content coding.
    pub(crate) const fn plain(extension: &'static str) -> Self {
        Self { extension: Some(extension), coding: None }
    }

    /// This variant with a content coding.
    pub(crate) fn coded(self, coding: Option<Coding>) -> Self {
        Self { coding, ..self }
    }

    /// This variant in each content coding that there is.
    pub(crate) fn all_coded(self) -> impl Iterator<Item = Self> {
        Coding::ALL.into_iter().map(move |coding| self.coded(Some(coding)))
    }

    /// The entity tag of this variant, given that of the resource.
    pub(crate) fn tag(self, etag: &EntityTag) -> EntityTag {
        etag.with_suffix(self.suffix())
    }

    /// The entity tag of this variant as a field value, given that of the resource.
    pub(crate) fn tag_value(self, etag: &EntityTag) -> HeaderValue {
        etag.to_value(self.suffix())
    }

    /// Whether an entity tag can be that of this variant.
    pub(crate) fn can_have(self, tag: &EntityTag) -> bool {
        tag.has_suffix(self.suffix())
    }

    fn suffix(self) -> Suffix<'static> {
        [self.extension, self.coding.map(Coding::name)]
    }
}
