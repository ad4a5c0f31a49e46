//! The fields of a request that the exchange looks for.
//!
//! One pass over the fields finds all of them; looking up each absent field in the header map would hash its name.

use http::{HeaderMap, HeaderName};

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
    /// `Content-Length`.
    Length = 256,
    /// `Origin` and `Sec-Fetch-Site`.
    Origin = 512,
    /// `X-Request-Timeout-Ms`.
    Timeout = 1024,
    /// `X-Request-Id` and `traceparent`.
    Identity = 2048,
}

/// The groups of which a request has fields.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct FieldSet(u16);

impl FieldSet {
    pub(crate) fn of(fields: &HeaderMap) -> Self {
        let known = fields.keys().filter_map(known_field);
        Self(known.fold(0, |present, known_field| present | known_field as u16))
    }

    pub(crate) fn has(self, known_field: KnownField) -> bool {
        self.0 & known_field as u16 != 0
    }
}

fn known_field(name: &HeaderName) -> Option<KnownField> {
    let name = name.as_str();
    // Most names that do not matter have another length, so that they are not compared.
    let field = match name.len() {
        6 if name == "accept" => KnownField::Representation,
        6 if name == "expect" => KnownField::Expectation,
        6 if name == "origin" => KnownField::Origin,
        8 if name == "if-match" => KnownField::Precondition,
        11 if name == "traceparent" => KnownField::Identity,
        11 if matches!(name, "content-md5" | "repr-digest") => KnownField::StatedDigest,
        12 if name == "x-request-id" => KnownField::Identity,
        13 if name == "if-none-match" => KnownField::Precondition,
        14 if name == "content-length" => KnownField::Length,
        14 if name == "content-digest" => KnownField::StatedDigest,
        14 if name == "sec-fetch-site" => KnownField::Origin,
        15 if name == "accept-encoding" => KnownField::Coding,
        16 if name == "want-repr-digest" => KnownField::WantedDigest,
        17 if name == "transfer-encoding" => KnownField::TransferCoding,
        17 if name == "if-modified-since" => KnownField::Precondition,
        18 if name == "x-forwarded-prefix" => KnownField::ForwardedPrefix,
        19 if name == "if-unmodified-since" => KnownField::Precondition,
        19 if name == "want-content-digest" => KnownField::WantedDigest,
        20 if name == "x-request-timeout-ms" => KnownField::Timeout,
        _ => return None,
    };
    Some(field)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn each_known_field_is_found() {
        for (name, field) in [
            ("accept", KnownField::Representation),
            ("accept-encoding", KnownField::Coding),
            ("if-match", KnownField::Precondition),
            ("if-none-match", KnownField::Precondition),
            ("if-modified-since", KnownField::Precondition),
            ("if-unmodified-since", KnownField::Precondition),
            ("content-digest", KnownField::StatedDigest),
            ("repr-digest", KnownField::StatedDigest),
            ("content-md5", KnownField::StatedDigest),
            ("want-content-digest", KnownField::WantedDigest),
            ("want-repr-digest", KnownField::WantedDigest),
            ("x-forwarded-prefix", KnownField::ForwardedPrefix),
            ("expect", KnownField::Expectation),
            ("transfer-encoding", KnownField::TransferCoding),
            ("content-length", KnownField::Length),
            ("origin", KnownField::Origin),
            ("sec-fetch-site", KnownField::Origin),
            ("x-request-timeout-ms", KnownField::Timeout),
            ("traceparent", KnownField::Identity),
            ("x-request-id", KnownField::Identity),
        ] {
            let name = HeaderName::from_static(name);
            let fields = HeaderMap::from_iter([(name.clone(), HeaderValue::from_static("a"))]);
            assert_eq!(FieldSet::of(&fields).0, field as u16, "{name}");
        }
        let others = ["host", "server", "te", "if-range", "user-agent", "content-type"];
        let others =
            others.map(|name| (HeaderName::from_static(name), HeaderValue::from_static("a")));
        assert_eq!(FieldSet::of(&HeaderMap::from_iter(others)).0, 0);
    }
}
