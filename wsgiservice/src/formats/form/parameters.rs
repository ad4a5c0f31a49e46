//! The parameters of `Content-Type` and `Content-Disposition` (RFC 9110, section 5.6.6; RFC 6266, section 4.1).
//!
//! Clients leave out quotes that the standard requires, as in `boundary=----=_Part_1`: a value without quotes extends to
//! the next semicolon.

use wsgiservice_grammar::token::is_token;

/// The parameters of a field value, by their names in lower case.
#[derive(Debug)]
pub(super) struct Parameters(Vec<(String, Vec<u8>)>);

impl Parameters {
    /// Reads the parameters after the first semicolon of a field value; `None` if they are malformed, or if one is given
    /// twice.
    pub(super) fn read(field: &[u8]) -> Option<Self> {
        let start = field.iter().position(|byte| *byte == b';').unwrap_or(field.len());
        let (_, mut text) = field.split_at_checked(start)?;
        let mut parameters = Self(Vec::new());
        loop {
            match text.trim_ascii_start() {
                [] => return Some(parameters),
                [b';', rest @ ..] => text = rest,
                parameter => text = parameters.add(parameter)?,
            }
        }
    }

    /// Returns the value of the parameter with this name, which is in lower case.
    pub(super) fn get(&self, name: &str) -> Option<&[u8]> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_slice())
    }

    /// Adds the parameter at the start of the text, and returns what follows it.
    fn add<'t>(&mut self, text: &'t [u8]) -> Option<&'t [u8]> {
        let (name, rest) = text.split_at_checked(text.iter().position(|byte| *byte == b'=')?)?;
        let name = std::str::from_utf8(name).ok()?.trim_ascii_end();
        let (value, rest) = value(rest.get(1..)?.trim_ascii_start())?;
        let rest = rest.trim_ascii_start();
        let is_end = matches!(rest, [] | [b';', ..]);
        let name = name.to_ascii_lowercase();
        if !is_end || !is_token(&name) || self.get(&name).is_some() {
            return None;
        }
        self.0.push((name, value));
        Some(rest)
    }
}

/// Reads the value at the start of a text; returns it with what follows.
fn value(text: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let Some(mut text) = text.strip_prefix(b"\"") else {
        let end = text.iter().position(|byte| *byte == b';').unwrap_or(text.len());
        let (value, rest) = text.split_at_checked(end)?;
        return Some((value.trim_ascii_end().to_vec(), rest));
    };
    let mut value = Vec::new();
    loop {
        match text {
            [b'"', rest @ ..] => return Some((value, rest)),
            // Browsers do not escape a backslash in the name of a file, so that it escapes only these two.
            [b'\\', escaped @ (b'"' | b'\\'), rest @ ..] => {
                value.push(*escaped);
                text = rest;
            }
            [byte, rest @ ..] => {
                value.push(*byte);
                text = rest;
            }
            [] => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn get(field: &str, name: &str) -> Option<String> {
        let value = Parameters::read(field.as_bytes())?.get(name)?.to_vec();
        String::from_utf8(value).ok()
    }

    #[test]
    fn a_value_may_be_quoted() {
        for (field, value) in [
            ("a/b; x=1", "1"),
            ("a/b;x = \"1; y=2\" ; z=3", "1; y=2"),
            ("a/b; x=\"a\\\"b\\\\c\\d\"", "a\"b\\c\\d"),
            ("a/b;; X=\"\";", ""),
            ("a/b; x=----=_Part/1:2 ; y=3", "----=_Part/1:2"),
        ] {
            assert_eq!(get(field, "x").as_deref(), Some(value), "{field}");
        }
        assert_eq!(get("a/b", "x"), None);
    }

    #[test]
    fn malformed_parameters_are_rejected() {
        for field in ["a; x", "a; x=\"1", "a; x=\"1\"2", "a; x=1; X=2", "a; =1", "a; x y=1"] {
            assert!(Parameters::read(field.as_bytes()).is_none(), "{field}");
        }
    }

    proptest! {
        #[test]
        fn a_quoted_value_is_read_back(value in "\\PC*", more in "[a-z]{0,3}") {
            let quoted = value.replace('\\', "\\\\").replace('"', "\\\"");
            let field = format!("a; x=\"{quoted}\"; y={more}");
            prop_assert_eq!(get(&field, "x"), Some(value));
        }

        #[test]
        fn arbitrary_bytes_do_not_panic(field in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = Parameters::read(&field);
        }
    }
}
