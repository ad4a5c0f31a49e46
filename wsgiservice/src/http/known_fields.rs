//! Which fields a request has, of those that the exchange looks for.
//!
//! One walk over the fields tells it of all of them; to ask the table for each that is not there hashes as many names.

use http::{HeaderMap, HeaderName, header};

/// What a field is about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Concern {
    /// `Accept`.
    Representation = 1,
    /// `Accept-Encoding`.
    Coding = 2,
    /// `If-Match` and the others, but for `If-Range`.
    Precondition = 4,
    /// `Content-Digest`, `Repr-Digest` and `Content-MD5`.
    StatedDigest = 8,
    /// `Want-Content-Digest` and `Want-Repr-Digest`.
    WantedDigest = 16,
}

/// The concerns of which a request has fields.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Presence(u8);

impl Presence {
    pub(crate) fn of(fields: &HeaderMap) -> Self {
        let concerns = fields.keys().filter_map(concern);
        Self(concerns.fold(0, |present, concern| present | concern as u8))
    }

    pub(crate) fn has(self, concern: Concern) -> bool {
        self.0 & concern as u8 != 0
    }
}

fn concern(name: &HeaderName) -> Option<Concern> {
    match *name {
        header::ACCEPT => Some(Concern::Representation),
        header::ACCEPT_ENCODING => Some(Concern::Coding),
        header::IF_MATCH
        | header::IF_NONE_MATCH
        | header::IF_MODIFIED_SINCE
        | header::IF_UNMODIFIED_SINCE => Some(Concern::Precondition),
        _ => match name.as_str() {
            "content-digest" | "repr-digest" | "content-md5" => Some(Concern::StatedDigest),
            "want-content-digest" | "want-repr-digest" => Some(Concern::WantedDigest),
            _ => None,
        },
    }
}
