//! The lines of a header field, read as one value (RFC 9110, section 5.3).

use http::{HeaderName, header};

use super::quality::split;

/// The fields of requests that the standards define as lists, beside those of the constants below: RFC 9110, RFC 7239
/// (`Forwarded`), RFC 7240 (`Prefer`), RFC 8288 (`Link`), RFC 9218 (`Priority`), RFC 9421 (signatures), RFC 9530 (digests), RFC 9211
/// and W3C Trace Context (`tracestate`) and Baggage.
const LISTS: [&str; 36] = [
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "accept-signature",
    "access-control-request-headers",
    "allow",
    "baggage",
    "cache-control",
    "cdn-loop",
    "connection",
    "content-digest",
    "content-encoding",
    "content-language",
    "expect",
    "forwarded",
    "if-match",
    "if-none-match",
    "link",
    "pragma",
    "prefer",
    "priority",
    "proxy-status",
    "repr-digest",
    "signature",
    "signature-input",
    "te",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "vary",
    "via",
    "want-content-digest",
    "want-repr-digest",
    "x-forwarded-for",
];

/// Returns what joins several lines of a field into one value; `None` if the field is not known to be a list, so that
/// several lines contradict each other.
pub(crate) fn separator(name: &HeaderName) -> Option<&'static str> {
    // A cookie may be sent in several lines (RFC 9113, section 8.2.3).
    if name == header::COOKIE {
        return Some("; ");
    }
    LISTS.contains(&name.as_str()).then_some(", ")
}

/// Returns the elements of a line (RFC 9110, section 5.6.1.2). A comma in a quoted string separates nothing.
pub(crate) fn elements(line: &str) -> impl Iterator<Item = &str> {
    split(line, b',').map(|element| element.trim_matches([' ', '\t'])).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(line: &str) -> Vec<&str> {
        elements(line).collect()
    }

    #[test]
    fn a_line_is_split_at_its_commas() {
        assert_eq!(all("a, b\t,c"), ["a", "b", "c"]);
        assert_eq!(all("a b"), ["a b"]);
    }

    #[test]
    fn empty_elements_are_ignored() {
        assert_eq!(all(", a,, b ,"), ["a", "b"]);
        assert_eq!(all(""), [""; 0]);
    }

    #[test]
    fn a_comma_in_a_quoted_string_separates_nothing() {
        assert_eq!(all(r#""a, b", c;d="e\",f""#), [r#""a, b""#, r#"c;d="e\",f""#]);
    }

    #[test]
    fn only_known_lists_are_joined() {
        assert_eq!(separator(&header::ACCEPT_LANGUAGE), Some(", "));
        assert_eq!(separator(&header::COOKIE), Some("; "));
        assert_eq!(separator(&header::AUTHORIZATION), None);
    }
}
