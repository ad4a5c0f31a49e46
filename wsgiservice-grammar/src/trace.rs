//! The field `traceparent`, by which the requests that one request leads to belong together.

use std::num::NonZeroU128;

/// The trace that a request is part of (W3C Trace Context, section 3.2).
///
/// ```
/// use wsgiservice_grammar::trace::TraceParent;
///
/// let field = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let parent = TraceParent::parse(field).unwrap();
/// assert_eq!(parent.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    id: [u8; 32],
    flags: [u8; 2],
}

impl TraceParent {
    /// Returns the trace in the value of a field; `None` if it is not valid.
    ///
    /// ```
    /// # use wsgiservice_grammar::trace::TraceParent;
    /// assert!(TraceParent::parse(b"00-0-0-01").is_none());
    /// ```
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        let is_hex = |part: &[u8]| part.iter().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f'));
        let mut parts = value.splitn(5, |byte| *byte == b'-');
        let (version, id) = (parts.next()?, parts.next()?);
        let (parent, flags) = (parts.next()?, parts.next()?);
        let is_valid = version.len() == 2
            && [version, id, parent, flags].into_iter().all(is_hex)
            && version != b"ff"
            && id.iter().any(|byte| *byte != b'0')
            && parent.len() == 16
            && parent.iter().any(|byte| *byte != b'0')
            && (version != b"00" || parts.next().is_none());
        is_valid.then_some(())?;
        Some(Self { id: id.try_into().ok()?, flags: flags.try_into().ok()? })
    }

    /// Returns the trace in a field with these values; `None` if there is not exactly one, or if it is not valid.
    ///
    /// ```
    /// # use wsgiservice_grammar::trace::TraceParent;
    /// let field = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    /// assert!(TraceParent::of_field([field]).is_some());
    /// assert!(TraceParent::of_field([field, field]).is_none());
    /// ```
    #[must_use]
    pub fn of_field<V: AsRef<[u8]>>(values: impl IntoIterator<Item = V>) -> Option<Self> {
        let mut values = values.into_iter();
        match (values.next(), values.next()) {
            (Some(value), None) => Self::parse(value.as_ref()),
            _ => None,
        }
    }

    /// Begins a trace with this ID, which may be recorded.
    ///
    /// ```
    /// # use std::num::NonZeroU128;
    /// # use wsgiservice_grammar::trace::TraceParent;
    /// let parent = TraceParent::begin(NonZeroU128::MIN);
    /// assert_eq!(parent.trace_id(), "00000000000000000000000000000001");
    /// ```
    #[must_use]
    pub fn begin(id: NonZeroU128) -> Self {
        Self { id: hex(id.get()), flags: *b"01" }
    }

    /// Returns the ID of the trace, in hexadecimal.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        std::str::from_utf8(&self.id).unwrap_or_default()
    }

    /// Returns the value of the field for a span of this trace.
    ///
    /// ```
    /// # use std::num::NonZeroU128;
    /// # use wsgiservice_grammar::trace::TraceParent;
    /// let value = TraceParent::begin(NonZeroU128::MIN).value(2);
    /// assert_eq!(value, *b"00-00000000000000000000000000000001-0000000000000002-01");
    /// ```
    #[must_use]
    pub fn value(&self, span: u64) -> [u8; 55] {
        let mut value = *b"00-________________________________-________________-__";
        let (_, rest) = value.split_at_mut(3);
        let (id, rest) = rest.split_at_mut(32);
        id.copy_from_slice(&self.id);
        let (_, rest) = rest.split_at_mut(1);
        let (parent, rest) = rest.split_at_mut(16);
        parent.copy_from_slice(&hex::<16>(span.into()));
        let (_, flags) = rest.split_at_mut(1);
        flags.copy_from_slice(&self.flags);
        value
    }
}

fn hex<const DIGITS: usize>(mut number: u128) -> [u8; DIGITS] {
    let mut text = [b'0'; DIGITS];
    for digit in text.iter_mut().rev() {
        let value = (number % 16) as u8;
        *digit = if value < 10 { b'0' + value } else { b'a' + value - 10 };
        number /= 16;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_span_has_the_trace_of_its_parent() {
        let parent = TraceParent::parse(PARENT.as_bytes()).expect("a trace");
        assert_eq!(parent.value(0x00f0_67aa_0ba9_02b7), PARENT.as_bytes());
    }

    #[test]
    fn what_is_not_a_trace_is_refused() {
        for value in [
            "",
            "00",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
        ] {
            assert!(TraceParent::parse(value.as_bytes()).is_none(), "{value}");
        }
    }

    #[test]
    fn a_later_version_may_have_more() {
        let later = PARENT.replacen("00", "01", 1);
        assert!(TraceParent::parse(later.as_bytes()).is_some());
        assert!(TraceParent::parse(format!("{later}-more").as_bytes()).is_some());
    }
}
