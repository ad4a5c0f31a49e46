//! Quality values and the parameters around them (RFC 9110, sections 5.6.6 and 12.4.2).

use wsgiservice_grammar::token::is_token;

/// A quality in thousandths.
pub(super) type Quality = u16;

/// Finds the quality among parameters: 1 if it is absent, `None` if it or a parameter before it is malformed.
pub(super) fn weight(text: &str) -> Option<Quality> {
    for parameter in parameters(text) {
        let (name, value) = parameter?;
        if name.eq_ignore_ascii_case("q") {
            return thousandths(value);
        }
    }
    Some(1000)
}

pub(super) fn parameters(text: &str) -> impl Iterator<Item = Option<(&str, &str)>> {
    split(text, b';').filter(|parameter| !parameter.trim().is_empty()).map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        (is_token(name) && !value.is_empty()).then_some((name, value))
    })
}

/// Parses `0` to `1` (section 12.4.2). Clients also send no zero before the point, as Java did, and more decimals than three.
fn thousandths(text: &str) -> Option<Quality> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    if !decimals.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let digits = decimals.bytes().chain(std::iter::repeat(b'0')).take(3);
    let fraction = digits.fold(0, |sum: Quality, digit| sum * 10 + Quality::from(digit - b'0'));
    let is_zero = decimals.bytes().all(|digit| digit == b'0');
    match whole {
        "" if decimals.is_empty() => None,
        // Less than a thousandth is still more than nothing.
        "" | "0" => Some(fraction.max(Quality::from(!is_zero))),
        "1" if is_zero => Some(1000),
        _ => None,
    }
}

/// Splits at separators outside quoted strings.
pub(super) fn split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = end_of_part(text, separator);
        rest = end.and_then(|end| text.get(end + 1..));
        text.get(..end.unwrap_or(text.len()))
    })
}

fn end_of_part(text: &str, separator: u8) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.bytes().position(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ => return byte == separator && !quoted,
        }
        false
    })
}
