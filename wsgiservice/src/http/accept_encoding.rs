//! `Accept-Encoding` (RFC 9110, section 12.5.3).

use http::{HeaderMap, HeaderValue, header};

use super::{
    memo,
    quality::{Quality, weight},
};

/// Identifies the list of codings, of which there is one, to [`memo`].
const CODINGS: u64 = 0;

/// Selects the coding to send to a client with these fields, by its position among the codings of the program.
pub(crate) fn select_coding(fields: &HeaderMap, codings: &[&str]) -> Option<usize> {
    let lines = fields.get_all(header::ACCEPT_ENCODING);
    let mut each = lines.iter();
    match (each.next(), each.next()) {
        (Some(line), None) => memo::position(CODINGS, line, || select([line], codings)),
        _ => select(&lines, codings),
    }
}

/// Selects the coding to send, by its position among these, which are in the order of the server's preference; `None` if the
/// client prefers none or does not send the field.
fn select<'v, V>(accept: V, codings: &[&str]) -> Option<usize>
where
    V: IntoIterator<Item = &'v HeaderValue> + Copy,
{
    let mut best: Option<(usize, Quality)> = None;
    for (position, coding) in codings.iter().enumerate() {
        let quality = named(accept, coding).or_else(|| named(accept, "*"));
        let quality = quality.unwrap_or_default();
        if quality > best.map_or(0, |(_, quality)| quality) {
            best = Some((position, quality));
        }
    }
    let (position, quality) = best?;
    let plain = named(accept, "identity").unwrap_or_default();
    (quality >= plain).then_some(position)
}

/// Returns the quality that the client assigns to this name.
fn named<'v>(accept: impl IntoIterator<Item = &'v HeaderValue>, name: &str) -> Option<Quality> {
    let lines = accept.into_iter().filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).find_map(|element| {
        let (coding, parameters) = element.split_once(';').unwrap_or((element, ""));
        is_named(coding.trim(), name).then(|| weight(parameters)).flatten()
    })
}

/// Returns whether a client means this coding; `x-gzip` is another name for `gzip` (section 8.4.1.3).
fn is_named(coding: &str, name: &str) -> bool {
    coding.eq_ignore_ascii_case(name) || (name == "gzip" && coding.eq_ignore_ascii_case("x-gzip"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 3] = ["zstd", "br", "gzip"];

    fn selected(accept: &'static str) -> Option<&'static str> {
        let position = select(&[HeaderValue::from_static(accept)], &NAMES)?;
        NAMES.get(position).copied()
    }

    #[test]
    fn without_the_field_no_coding_is_selected() {
        assert_eq!(select(&[], &NAMES), None);
        assert_eq!(selected(""), None);
        assert_eq!(selected("identity"), None);
    }

    #[test]
    fn names_are_case_insensitive() {
        assert_eq!(selected("GZIP"), Some("gzip"));
    }

    #[test]
    fn gzip_has_another_name() {
        assert_eq!(selected("X-GZip;q=.5"), Some("gzip"));
    }

    #[test]
    fn the_highest_quality_wins_and_then_the_order_of_the_server() {
        assert_eq!(selected("gzip, deflate, br"), Some("br"));
        assert_eq!(selected("gzip;q=1, br;q=0.5"), Some("gzip"));
    }

    #[test]
    fn an_asterisk_matches_any_coding_that_is_not_listed() {
        assert_eq!(selected("*"), Some("zstd"));
        assert_eq!(selected("*;q=0.5, zstd;q=0"), Some("br"));
        assert_eq!(selected("*;q=0"), None);
    }

    #[test]
    fn a_coding_that_is_not_offered_is_not_selected() {
        let accept = [HeaderValue::from_static("br, zstd, gzip, *")];
        assert_eq!(select(&accept, &[]), None);
    }

    #[test]
    fn identity_is_selected_if_its_quality_is_higher() {
        assert_eq!(selected("gzip;q=0.1, identity;q=1"), None);
        assert_eq!(selected("gzip;q=0.5, identity;q=0.5"), Some("gzip"));
        assert_eq!(selected("gzip;q=0.5, identity;q=0"), Some("gzip"));
    }
}
