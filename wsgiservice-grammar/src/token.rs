//! Tokens of HTTP: the names of header fields, methods and parameters.

/// Whether a text is a token (RFC 9110, section 5.6.2).
///
/// ```
/// use wsgiservice_grammar::token::is_token;
///
/// assert!(is_token("X-Request-Id"));
/// assert!(!is_token("X Request Id"));
/// assert!(!is_token(""));
/// ```
#[must_use]
pub const fn is_token(text: &str) -> bool {
    let mut bytes = text.as_bytes();
    while let [byte, rest @ ..] = bytes {
        if !is_token_byte(*byte) {
            return false;
        }
        bytes = rest;
    }
    !text.is_empty()
}

/// Whether a token may have this byte: `tchar` in RFC 9110, section 5.6.2.
///
/// ```
/// use wsgiservice_grammar::token::is_token_byte;
///
/// assert!(is_token_byte(b'~'));
/// assert!(!is_token_byte(b':'));
/// ```
#[must_use]
pub const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_not_in_a_token() {
        let delimiters =
            (0_u8..=127).filter(|byte| byte.is_ascii_graphic() && !is_token_byte(*byte));
        let delimiters: String = delimiters.map(char::from).collect();
        assert_eq!(delimiters, r#""(),/:;<=>?@[\]{}"#);
    }

    #[test]
    fn a_token_is_ascii_without_white_space() {
        assert!(is_token("!#$%&'*+-.^_`|~09azAZ"));
        for text in ["", " ", "a b", "a\t", "é", "a\u{7f}"] {
            assert!(!is_token(text), "{text:?}");
        }
    }
}
