//! Digests of content (RFC 9530), and `Content-MD5` (RFC 1864).
//!
//! A request's content is the whole representation, so that `Content-Digest` and `Repr-Digest` are of the same bytes:
//! those that came, before any content coding is taken away.

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue};
use md5::{Digest, Md5};
use sfv::{Dictionary, ListEntry, Parser};
use sha2::{Sha256, Sha512};

use crate::problem::Problem;

const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");
const REPR_DIGEST: HeaderName = HeaderName::from_static("repr-digest");
const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

/// Holds the digests that a request states against its content.
///
/// # Errors
/// A 400 where one does not match, or is malformed.
pub(crate) fn verify(fields: &HeaderMap, content: &[u8]) -> Result<(), Problem> {
    for name in [&CONTENT_DIGEST, &REPR_DIGEST] {
        if fields.contains_key(name) && !matches_all(fields, name, content) {
            return Err(invalid(name));
        }
    }
    match fields.get(&CONTENT_MD5) {
        Some(value) if !is_md5(value, content) => Err(invalid(&CONTENT_MD5)),
        _ => Ok(()),
    }
}

/// Whether the field parses, and what it states in algorithms that are known is true of the content.
fn matches_all(fields: &HeaderMap, name: &HeaderName, content: &[u8]) -> bool {
    let mut digests = Dictionary::new();
    for value in fields.get_all(name) {
        match Parser::new(value.as_bytes()).parse_dictionary_with_visitor(digests) {
            Ok(merged) => digests = merged,
            Err(_) => return false,
        }
    }
    digests.iter().all(|(algorithm, entry)| match entry {
        ListEntry::Item(item) => {
            let Some(stated) = item.bare_item.as_byte_sequence() else { return false };
            match algorithm.as_str() {
                "sha-256" => Sha256::digest(content).as_slice() == stated,
                "sha-512" => Sha512::digest(content).as_slice() == stated,
                _ => true,
            }
        }
        ListEntry::InnerList(_) => false,
    })
}

/// Whether it is the MD5 of the content: in base64, or in hexadecimal as the Python original had it.
fn is_md5(value: &HeaderValue, content: &[u8]) -> bool {
    let digest = <[u8; 16]>::from(Md5::digest(content));
    let Ok(text) = value.to_str() else { return false };
    let hexadecimal = format!("{:032x}", u128::from_be_bytes(digest));
    text == BASE64_STANDARD.encode(digest) || text.eq_ignore_ascii_case(&hexadecimal)
}

fn invalid(name: &HeaderName) -> Problem {
    let detail = if *name == CONTENT_MD5 {
        // the original's text
        "Invalid Content-MD5 request header.".to_owned()
    } else {
        format!("The content does not match its {name}.")
    };
    Problem::bad_request(detail)
}
