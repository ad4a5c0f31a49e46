//! A method as a label of a metric.

use http::{HeaderValue, Method};
use wsgiservice_grammar::method::REGISTERED;

/// A registered method, by its position in the registry, or all others: clients can send any token, and each label takes
/// memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MethodLabel(u8);

/// The methods that are not registered, and those of malformed heads.
const OTHER: MethodLabel = MethodLabel(u8::MAX);

/// Methods that have labels of their own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MethodSet(u64);

const GET: MethodLabel = {
    let (mut position, mut rest) = (0, REGISTERED);
    while let [first, others @ ..] = rest {
        if let [b'G', b'E', b'T'] = first.as_bytes() {
            break;
        }
        (position, rest) = (position + 1, others);
    }
    MethodLabel(position)
};

impl MethodLabel {
    #[inline]
    pub(crate) fn of(method: &Method) -> Self {
        if *method == Method::GET { GET } else { Self::find(method.as_str()) }
    }

    #[inline(never)]
    fn find(name: &str) -> Self {
        let position = REGISTERED.iter().position(|known| *known == name);
        position.and_then(|position| u8::try_from(position).ok()).map_or(OTHER, Self)
    }

    #[inline]
    pub(super) fn is_get(self) -> bool {
        self == GET
    }

    /// A bit of its own; none for all others, of which there are fewer than bits.
    fn bit(self) -> u64 {
        1_u64.checked_shl(self.0.into()).unwrap_or(0)
    }

    /// The method; `_OTHER`, as OpenTelemetry says it, for those that are not registered.
    pub(crate) fn as_str(self) -> &'static str {
        REGISTERED.get(usize::from(self.0)).copied().unwrap_or("_OTHER")
    }
}

impl MethodSet {
    /// The methods that the `Allow` of a resource lists.
    pub(crate) fn of(allow: &HeaderValue) -> Self {
        let names = allow.to_str().unwrap_or_default().split(", ");
        Self(names.fold(0, |set, name| set | MethodLabel::find(name).bit()))
    }

    /// The label of one of these methods, or that of all others.
    pub(super) fn label(self, method: MethodLabel) -> MethodLabel {
        if self.0 & method.bit() == 0 { OTHER } else { method }
    }
}

impl Default for MethodLabel {
    fn default() -> Self {
        OTHER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_registered_methods_have_labels_of_their_own() {
        for (method, label) in
            [("GET", "GET"), ("PROPFIND", "PROPFIND"), ("BREW", "_OTHER"), ("get", "_OTHER")]
        {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            assert_eq!(MethodLabel::of(&method).as_str(), label);
        }
    }

    #[test]
    fn a_set_has_the_methods_of_a_resource() {
        assert!(REGISTERED.len() < 64);
        let set = MethodSet::of(&HeaderValue::from_static("GET, OPTIONS, VERSION-CONTROL"));
        for (method, label) in [
            ("GET", "GET"),
            ("VERSION-CONTROL", "VERSION-CONTROL"),
            ("ACL", "_OTHER"),
            ("PUT", "_OTHER"),
            ("BREW", "_OTHER"),
        ] {
            assert_eq!(set.label(MethodLabel::find(method)).as_str(), label);
        }
    }
}
