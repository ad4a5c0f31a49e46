//! `Accept-Encoding` (RFC 9110, section 12.5.3).

use http::HeaderValue;

use super::quality::{Quality, weight};
use crate::representation::Coding;

/// The coding to send; nothing where the client wants none, or says nothing.
pub(super) fn select<'v, V>(accept: V) -> Option<Coding>
where
    V: IntoIterator<Item = &'v HeaderValue> + Copy,
{
    let mut best: Option<(Coding, Quality)> = None;
    for coding in Coding::ALL {
        let quality = quality(accept, coding.name());
        if quality > best.map_or(0, |(_, quality)| quality) {
            best = Some((coding, quality));
        }
    }
    best.map(|(coding, _)| coding)
}

/// The quality of a coding: its own, or else that of `*`.
fn quality<'v>(accept: impl IntoIterator<Item = &'v HeaderValue>, name: &str) -> Quality {
    let mut any = 0;
    for value in accept {
        for element in value.to_str().unwrap_or_default().split(',') {
            let (coding, parameters) = element.split_once(';').unwrap_or((element, ""));
            let Some(quality) = weight(parameters) else { continue };
            match coding.trim() {
                coding if coding.eq_ignore_ascii_case(name) => return quality,
                "*" => any = quality,
                _ => {}
            }
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(accept: &'static str) -> Option<&'static str> {
        select(&[HeaderValue::from_static(accept)]).map(Coding::name)
    }

    #[test]
    fn without_the_field_nothing_is_coded() {
        assert_eq!(select(&[]), None);
        assert_eq!(selected(""), None);
        assert_eq!(selected("identity"), None);
    }

    #[test]
    fn the_greatest_quality_wins_and_among_equals_the_better_coding() {
        assert_eq!(selected("gzip, deflate, br"), Some("br"));
        assert_eq!(selected("gzip;q=1, br;q=0.5"), Some("gzip"));
        assert_eq!(selected("GZIP"), Some("gzip"));
    }

    #[test]
    fn an_asterisk_is_any_coding_that_is_not_named() {
        assert_eq!(selected("*"), Some("zstd"));
        assert_eq!(selected("*;q=0.5, zstd;q=0"), Some("br"));
        assert_eq!(selected("*;q=0"), None);
    }
}
