//! The fields of a request that the exchange looks for.
//!
//! One pass over the fields finds all of them; looking up each absent field in the header map would hash its name.

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::host;

/// A group of fields with one purpose.
#[derive(Clone, Copy, Debug)]
pub(crate) enum KnownField {
    /// `Accept`.
    Representation = 1,
    /// `Accept-Encoding`.
    Coding = 2,
    /// `If-Match` and the other preconditions, except `If-Range`.
    Precondition = 4,
    /// `Content-Digest`, `Repr-Digest` and `Content-MD5`.
    StatedDigest = 8,
    /// `Want-Content-Digest` and `Want-Repr-Digest`.
    WantedDigest = 16,
    /// `X-Forwarded-Prefix`.
    ForwardedPrefix = 32,
    /// `Expect`.
    Expectation = 64,
    /// `Transfer-Encoding`.
    TransferCoding = 128,
    /// One `Host`, which was found valid before.
    ValidHost = 256,
    /// A further `Host`, or one that is yet to be checked.
    OtherHost = 512,
}

/// The groups of which a request has fields.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FieldSet(u16);

impl FieldSet {
    pub(crate) fn of(fields: &HeaderMap) -> Self {
        let mut present = 0;
        for (name, value) in fields {
            if *name == header::HOST {
                present |= host_field(present, value) as u16;
            } else if let Some(field) = known_field(name) {
                present |= field as u16;
            }
        }
        Self(present)
    }

    pub(crate) fn has(self, known_field: KnownField) -> bool {
        self.0 & known_field as u16 != 0
    }
}

fn host_field(present: u16, host: &HeaderValue) -> KnownField {
    let is_first = present & (KnownField::ValidHost as u16 | KnownField::OtherHost as u16) == 0;
    if is_first && host::was_valid(host) { KnownField::ValidHost } else { KnownField::OtherHost }
}

fn known_field(name: &HeaderName) -> Option<KnownField> {
    match *name {
        header::ACCEPT => Some(KnownField::Representation),
        header::ACCEPT_ENCODING => Some(KnownField::Coding),
        header::TRANSFER_ENCODING => Some(KnownField::TransferCoding),
        header::EXPECT => Some(KnownField::Expectation),
        header::IF_MATCH
        | header::IF_NONE_MATCH
        | header::IF_MODIFIED_SINCE
        | header::IF_UNMODIFIED_SINCE => Some(KnownField::Precondition),
        _ => match name.as_str() {
            "content-digest" | "repr-digest" | "content-md5" => Some(KnownField::StatedDigest),
            "want-content-digest" | "want-repr-digest" => Some(KnownField::WantedDigest),
            "x-forwarded-prefix" => Some(KnownField::ForwardedPrefix),
            _ => None,
        },
    }
}
