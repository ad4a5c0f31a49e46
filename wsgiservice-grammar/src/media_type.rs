//! Media types and file name extensions, for the attribute `representation`.

use crate::token::is_token_byte;

/// Whether a text is a media type (RFC 9110, section 8.3.1), possibly with parameters (section 5.6.6).
///
/// A media range, such as `text/*`, is not a media type.
///
/// ```
/// use wsgiservice_grammar::media_type::is_media_type;
///
/// assert!(is_media_type("text/html"));
/// assert!(is_media_type("text/html; charset=utf-8"));
/// assert!(!is_media_type("html"));
/// assert!(!is_media_type("text/*"));
/// ```
#[must_use]
pub fn is_media_type(text: &str) -> bool {
    let parameters = after_name(text).and_then(|rest| after_name(rest.strip_prefix('/')?));
    parameters.is_some_and(are_parameters)
}

/// Whether a text is an extension: a dot, and then ASCII letters and digits.
///
/// ```
/// use wsgiservice_grammar::media_type::is_extension;
///
/// assert!(is_extension(".html"));
/// assert!(!is_extension("html"));
/// assert!(!is_extension(".tar.gz"));
/// ```
#[must_use]
pub fn is_extension(text: &str) -> bool {
    let stem = text.strip_prefix('.').unwrap_or_default();
    !stem.is_empty() && stem.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The text after a type or a subtype, which is a token other than `*`.
fn after_name(text: &str) -> Option<&str> {
    after_token(text).filter(|rest| text.strip_prefix('*') != Some(*rest))
}

/// `*( OWS ";" OWS [ parameter ] )`
fn are_parameters(mut text: &str) -> bool {
    while !text.is_empty() {
        let Some(parameter) = after_white_space(text).strip_prefix(';') else { return false };
        let parameter = after_white_space(parameter);
        let is_absent = parameter.is_empty() || parameter.starts_with(';');
        let rest = if is_absent { Some(parameter) } else { after_parameter(parameter) };
        let Some(rest) = rest else { return false };
        text = rest;
    }
    true
}

/// The text after `token "=" ( token / quoted-string )`.
fn after_parameter(text: &str) -> Option<&str> {
    let value = after_token(text)?.strip_prefix('=')?;
    after_token(value).or_else(|| after_quoted_string(value))
}

fn after_white_space(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

fn after_token(text: &str) -> Option<&str> {
    let is_token_char = |character| u8::try_from(character).is_ok_and(is_token_byte);
    let rest = text.trim_start_matches(is_token_char);
    (rest.len() < text.len()).then_some(rest)
}

/// The text after a quoted string (RFC 9110, section 5.6.4).
fn after_quoted_string(text: &str) -> Option<&str> {
    let mut characters = text.strip_prefix('"')?.chars();
    loop {
        match characters.next()? {
            '"' => return Some(characters.as_str()),
            '\\' => drop(characters.next()),
            '\t' => {}
            character if character.is_control() => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_has_a_type_and_a_subtype() {
        for text in ["text/html", "application/vnd.api+json", "image/svg+xml", "a/b"] {
            assert!(is_media_type(text), "{text}");
        }
        for text in [
            "",
            "/",
            "text",
            "text/",
            "/html",
            "text/html/x",
            "text /html",
            "text/html ",
            "tëxt/html",
            "*/*",
            "text/*",
        ] {
            assert!(!is_media_type(text), "{text}");
        }
    }

    #[test]
    fn a_media_type_may_have_parameters() {
        for parameters in [";a=b", " ; a=b", ";a=\"b;c\\\" d\"", ";a=b;c=d", ";", "; ;a=b"] {
            assert!(is_media_type(&format!("text/html{parameters}")), "{parameters}");
        }
        for parameters in
            [" a=b", ";a", ";a=", ";=b", ";a=b c", ";a=\"b", ";a=\"\\", ";a = b", ";a=\"\n\""]
        {
            assert!(!is_media_type(&format!("text/html{parameters}")), "{parameters}");
        }
    }

    #[test]
    fn an_extension_has_one_dot() {
        assert!(is_extension(".mp4"));
        for text in ["", ".", "mp4", "..mp4", ".mp4.", ".é", ". a"] {
            assert!(!is_extension(text), "{text}");
        }
    }
}
