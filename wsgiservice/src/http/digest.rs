//! Digests of content (RFC 9530), and `Content-MD5` (RFC 1864).
//!
//! In a request, `Content-Digest` and `Repr-Digest` cover the same bytes, since the content is the complete
//! representation: the bytes as received, before content codings are decoded. In a response they differ if the content is
//! only a part of the representation.

use std::fmt;

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue};
use md5::{Digest, Md5};
use sfv::{Dictionary, ListEntry, Parser};
use sha2::{Sha256, Sha512};

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");
const WANT_CONTENT_DIGEST: HeaderName = HeaderName::from_static("want-content-digest");
const WANT_REPR_DIGEST: HeaderName = HeaderName::from_static("want-repr-digest");
const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

/// The digests that the content of a request must match, with the hashes of the bytes received so far.
#[derive(Debug, Default)]
pub(crate) struct Expected(Vec<Stated>);

/// A digest that a field states.
#[derive(Debug)]
struct Stated {
    name: HeaderName,
    digest: Vec<u8>,
    hash: Hash,
}

/// A field with a digest that is malformed, or that the content does not match.
#[derive(Debug)]
pub(crate) struct Mismatch(HeaderName);

/// A hash computation in progress.
#[derive(Clone, Debug)]
enum Hash {
    Sha256(Sha256),
    Sha512(Sha512),
    Md5(Md5),
}

impl Expected {
    /// Reads the digests from the fields of a request; unknown algorithms are ignored.
    ///
    /// # Errors
    /// The field that is malformed.
    pub(crate) fn of(fields: &HeaderMap) -> Result<Self, Mismatch> {
        let mut all = Vec::new();
        for name in [CONTENT_DIGEST, REPR_DIGEST] {
            if fields.contains_key(&name) {
                all.extend(stated(fields, &name).ok_or_else(|| Mismatch(name.clone()))?);
            }
        }
        for value in fields.get_all(CONTENT_MD5) {
            let digest = md5(value).ok_or_else(|| Mismatch(CONTENT_MD5))?;
            all.push(Stated { name: CONTENT_MD5, digest, hash: Hash::Md5(Md5::new()) });
        }
        Ok(Self(all))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the next piece of the content.
    pub(crate) fn update(&mut self, piece: &[u8]) {
        for stated in &mut self.0 {
            stated.hash.update(piece);
        }
    }

    /// Compares the digests with the complete content.
    ///
    /// # Errors
    /// The field whose digest does not match.
    pub(crate) fn verify(self) -> Result<(), Mismatch> {
        for Stated { name, digest, hash } in self.0 {
            if hash.finish() != digest {
                return Err(Mismatch(name));
            }
        }
        Ok(())
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == CONTENT_MD5 {
            // The text of the Python original.
            return formatter.write_str("Invalid Content-MD5 request header.");
        }
        write!(formatter, "The content does not match its {}.", self.0)
    }
}

impl Hash {
    fn named(algorithm: &str) -> Option<Self> {
        match algorithm {
            "sha-256" => Some(Self::Sha256(Sha256::new())),
            "sha-512" => Some(Self::Sha512(Sha512::new())),
            _ => None,
        }
    }

    fn update(&mut self, piece: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(piece),
            Self::Sha512(hash) => hash.update(piece),
            Self::Md5(hash) => hash.update(piece),
        }
    }

    fn finish(self) -> Vec<u8> {
        match self {
            Self::Sha256(hash) => hash.finalize().to_vec(),
            Self::Sha512(hash) => hash.finalize().to_vec(),
            Self::Md5(hash) => hash.finalize().to_vec(),
        }
    }
}

/// Parses all lines of a dictionary field (RFC 9651, section 3.2).
fn dictionary(fields: &HeaderMap, name: &HeaderName) -> Option<Dictionary> {
    fields.get_all(name).iter().try_fold(Dictionary::new(), |dictionary, value| {
        Parser::new(value.as_bytes()).parse_dictionary_with_visitor(dictionary).ok()
    })
}

/// Reads the digests of a field; `None` if it is malformed.
fn stated(fields: &HeaderMap, name: &HeaderName) -> Option<Vec<Stated>> {
    let mut all = Vec::new();
    for (algorithm, entry) in &dictionary(fields, name)? {
        let ListEntry::Item(item) = entry else { return None };
        let digest = item.bare_item.as_byte_sequence()?.to_vec();
        if let Some(hash) = Hash::named(algorithm.as_str()) {
            all.push(Stated { name: name.clone(), digest, hash });
        }
    }
    Some(all)
}

/// Reads an MD5 digest in base64, or in hexadecimal, which the Python original used.
fn md5(value: &HeaderValue) -> Option<Vec<u8>> {
    let text = value.to_str().ok()?;
    if text.len() == 32 && text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Some(u128::from_str_radix(text, 16).ok()?.to_be_bytes().to_vec());
    }
    BASE64_STANDARD.decode(text).ok()
}

/// Computes the digest of a representation if the client asks for it.
pub(crate) fn of_representation(fields: &HeaderMap, content: &[u8]) -> Option<Field> {
    wanted(fields, &WANT_REPR_DIGEST, content).map(|value| (REPR_DIGEST, value))
}

/// Computes the digest of the content of a response if the client asks for it.
pub(crate) fn of_content(fields: &HeaderMap, content: &[u8]) -> Option<Field> {
    wanted(fields, &WANT_CONTENT_DIGEST, content).map(|value| (CONTENT_DIGEST, value))
}

/// Computes `Content-MD5` for the content of a response (RFC 1864, section 2).
pub(crate) fn content_md5(content: &[u8]) -> Option<Field> {
    let value = HeaderValue::try_from(BASE64_STANDARD.encode(Md5::digest(content)));
    value.ok().map(|value| (CONTENT_MD5, value))
}

/// A header field.
pub(crate) type Field = (HeaderName, HeaderValue);

/// Uses the algorithm that the client prefers most, on a scale of 0 (not acceptable) to 10 (RFC 9530, section 4).
fn wanted(fields: &HeaderMap, name: &HeaderName, content: &[u8]) -> Option<HeaderValue> {
    let dictionary = fields.get(name).and_then(|_| dictionary(fields, name))?;
    let preference = |entry: &ListEntry| match entry {
        ListEntry::Item(item) => item.bare_item.as_integer().map(i64::from),
        ListEntry::InnerList(_) => None,
    };
    let known = dictionary.iter().filter_map(|(algorithm, entry)| {
        let preference = preference(entry).filter(|preference| (1..=10).contains(preference))?;
        Some((preference, algorithm.as_str(), Hash::named(algorithm.as_str())?))
    });
    let (_, algorithm, mut hash) = known.max_by_key(|(preference, ..)| *preference)?;
    hash.update(content);
    let digest = BASE64_STANDARD.encode(hash.finish());
    HeaderValue::try_from(format!("{algorithm}=:{digest}:")).ok()
}
