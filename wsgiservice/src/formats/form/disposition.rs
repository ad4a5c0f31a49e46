//! `Content-Disposition` of a part of a form (RFC 7578, section 4.2).

use http::{HeaderMap, header};
use percent_encoding::percent_decode_str;

use super::parameters::Parameters;

/// What a part says of itself.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Disposition {
    /// The name of the field; empty if it is missing.
    pub(super) name: String,
    /// The name of the file, if the part is a file.
    pub(super) file_name: Option<String>,
}

impl Disposition {
    /// Reads the field; `None` if it is malformed.
    ///
    /// A name that is not UTF-8 is decoded lossily, and so is that of no parameter.
    pub(super) fn of(fields: &HeaderMap) -> Option<Self> {
        let Some(field) = fields.get(header::CONTENT_DISPOSITION) else {
            return Some(Self::default());
        };
        let parameters = Parameters::read(field.as_bytes())?;
        let text = |name| parameters.get(name).map(|it| String::from_utf8_lossy(it).into_owned());
        Some(Self {
            name: text("name").unwrap_or_default(),
            // The standard has no `filename*` here, but .NET sends it. It is the more exact of both (RFC 6266, section 4.3).
            file_name: parameters.get("filename*").and_then(extended).or_else(|| text("filename")),
        })
    }
}

/// Decodes an extended value, `UTF-8'en'Z%C3%BCrich` (RFC 8187, section 3.2); `None` if it is malformed or in another charset.
fn extended(value: &[u8]) -> Option<String> {
    let mut parts = std::str::from_utf8(value).ok()?.splitn(3, '\'');
    let (charset, _language, text) = (parts.next()?, parts.next()?, parts.next()?);
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    percent_decode_str(text).decode_utf8().ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn read(field: &[u8]) -> Option<Disposition> {
        let field = HeaderValue::from_bytes(field).expect("a field value");
        Disposition::of(&HeaderMap::from_iter([(header::CONTENT_DISPOSITION, field)]))
    }

    fn both(name: &str, file_name: &str) -> Option<Disposition> {
        Some(Disposition { name: name.to_owned(), file_name: Some(file_name.to_owned()) })
    }

    #[test]
    fn parameters_are_found_in_any_order_and_case() {
        let expected = both("doc", "a.txt");
        assert_eq!(read(b"form-data; name=\"doc\"; filename=\"a.txt\""), expected);
        assert_eq!(read(b"FORM-DATA; FileName=a.txt; NAME=doc"), expected);
    }

    #[test]
    fn what_is_quoted_is_no_parameter() {
        let field = b"form-data; filename=\"a; name=role; b\"; name=\"doc\"";
        assert_eq!(read(field), both("doc", "a; name=role; b"));
    }

    #[test]
    fn the_extended_name_of_a_file_wins_if_it_can_be_read() {
        for (extended, file_name) in [
            ("UTF-8''Z%C3%BCrich.txt", "Zürich.txt"),
            ("utf-8'de'a%27b", "a'b"),
            ("UTF-16''a", "plain"),
            ("UTF-8''%FF", "plain"),
            ("a.txt", "plain"),
        ] {
            let field = format!("form-data; name=doc; filename*={extended}; filename=\"plain\"");
            assert_eq!(read(field.as_bytes()), both("doc", file_name), "{extended}");
        }
    }

    #[test]
    fn a_name_that_is_not_utf_8_is_decoded_lossily() {
        assert_eq!(
            read(b"form-data; name=\"d\xff\"; filename=\"\xfc\""),
            both("d\u{fffd}", "\u{fffd}")
        );
    }

    #[test]
    fn a_part_may_have_no_disposition() {
        assert_eq!(Disposition::of(&HeaderMap::new()), Some(Disposition::default()));
        assert_eq!(read(b"form-data"), Some(Disposition::default()));
        assert_eq!(read(b"form-data; name=\"doc"), None);
        assert_eq!(read(b"form-data; name=a; name=b"), None);
    }
}
