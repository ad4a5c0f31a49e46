//! The fields of a request that the responses of an operation depend on (RFC 9110, section 12.5.5).

use http::HeaderValue;

use crate::http::vary;

/// Which fields of proactive negotiation a response depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct NegotiatedBy {
    /// Whether `Accept` could have mattered.
    pub(crate) accept: bool,
    /// Whether `Accept-Encoding` could have mattered.
    pub(crate) accept_encoding: bool,
}

/// The values of `Vary` for each kind of negotiation, written when the application is built.
#[derive(Debug)]
pub(crate) struct Vary([Option<HeaderValue>; 4]);

/// The values for what reads no other fields; static, so that cores do not share a reference count.
const NEGOTIATION: [Option<&str>; 4] =
    [None, Some("Accept"), Some("Accept-Encoding"), Some("Accept, Accept-Encoding")];

impl Vary {
    /// The values for responses that depend on these fields, too.
    pub(crate) fn new(names: &[&str]) -> Self {
        if names.is_empty() {
            return Self(NEGOTIATION.map(|value| value.map(HeaderValue::from_static)));
        }
        Self(NEGOTIATION.map(|value| {
            let negotiated = value.into_iter().flat_map(|value| value.split(", "));
            vary::joined(negotiated.chain(names.iter().copied()))
        }))
    }

    /// The value for a response that was negotiated by these fields.
    pub(crate) fn value(&self, by: NegotiatedBy) -> Option<&HeaderValue> {
        let position = usize::from(by.accept) + 2 * usize::from(by.accept_encoding);
        self.0.get(position)?.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_negotiation_has_its_value() {
        let value = |names: &[&str], accept, accept_encoding| {
            let value = Vary::new(names).value(NegotiatedBy { accept, accept_encoding }).cloned();
            value.map(|value| value.to_str().expect("text").to_owned())
        };
        assert_eq!(value(&[], false, false), None);
        assert_eq!(value(&[], true, true).as_deref(), Some("Accept, Accept-Encoding"));
        assert_eq!(
            value(&["Cookie", "accept"], false, true).as_deref(),
            Some("Accept-Encoding, Cookie, accept")
        );
        assert_eq!(value(&["Cookie", "accept"], true, false).as_deref(), Some("Accept, Cookie"));
        assert_eq!(value(&["*"], true, false).as_deref(), Some("*"));
    }
}
