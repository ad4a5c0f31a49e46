//! `Accept` (RFC 9110, section 12.5.1), matched against the offers without an allocation.
//!
//! A library would collect the parameters of each range; this parser compares them in place. The offers are parsed when
//! the application is built.

use http::{HeaderMap, HeaderValue, header};
use mediatype::{MediaTypeBuf, ReadParams};
use wsgiservice_grammar::token::is_token;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    memo,
    quality::{Quality, parameters, split, weight},
};

/// A media type that the server offers.
#[derive(Clone, Debug)]
pub(crate) struct Offer(MediaTypeBuf);

/// The media types that the server offers for a resource, in its order of preference.
#[derive(Clone, Debug)]
pub(crate) struct Offers {
    all: Vec<Offer>,
    /// A hash of the media types, so that equal lists share what is remembered.
    id: u64,
    /// The first media type, if it has no parameters: a client that accepts just that gets it.
    first: Box<str>,
}

/// How specific a range is: one for the type, one for the subtype, and one for each parameter.
type Specificity = u8;

impl Offer {
    /// Parses a media type.
    pub(crate) fn new(media_type: &str) -> Option<Self> {
        media_type.parse().ok().map(Self)
    }

    fn has_parameter(&self, name: &str, value: &str) -> bool {
        let is_charset = name.eq_ignore_ascii_case("charset");
        if is_charset && is_text(value, "utf-8", true) {
            return true;
        }
        self.0.params().any(|(known, own)| {
            known.as_str().eq_ignore_ascii_case(name)
                && is_text(value, &own.unquoted_str(), is_charset)
        })
    }
}

impl FromIterator<Offer> for Offers {
    fn from_iter<T: IntoIterator<Item = Offer>>(offers: T) -> Self {
        let all: Vec<_> = offers.into_iter().collect();
        let names: String = all.iter().map(|offer| format!("{}\n", offer.0)).collect();
        let first = names.lines().next().filter(|name| !name.contains(';')).unwrap_or_default();
        Self { id: xxh3_64(names.as_bytes()), first: first.into(), all }
    }
}

impl Offers {
    /// Returns the position of the offer to send to a client with these fields; `None` if no offer is acceptable.
    pub(crate) fn select(&self, fields: &HeaderMap) -> Option<usize> {
        // A request has few fields: to compare their names costs less than to hash this one.
        let line = fields.iter().find(|(name, _)| **name == header::ACCEPT);
        let has_repeated_names = fields.len() > fields.keys_len();
        match line {
            _ if has_repeated_names => select(&fields.get_all(header::ACCEPT), &self.all),
            Some((_, line)) if self.first_is_enough(line) => Some(0),
            Some((_, line)) => memo::position(self.id, line, || select([line], &self.all)),
            None => select([], &self.all),
        }
    }

    /// Whether a client accepts everything, or just the first offer, as most programs do.
    fn first_is_enough(&self, accept: &HeaderValue) -> bool {
        let accept = accept.as_bytes();
        !self.all.is_empty() && (accept == b"*/*" || accept == self.first.as_bytes())
    }
}

/// Returns the position of the first offer with the highest quality; `None` if no offer is acceptable.
fn select<'v, V>(accept: V, offers: &[Offer]) -> Option<usize>
where
    V: IntoIterator<Item = &'v HeaderValue> + Copy,
{
    if !ranges(accept).any(|range| range.quality.is_some()) {
        return (!offers.is_empty()).then_some(0);
    }
    let mut best: Option<(usize, Quality)> = None;
    for (position, offer) in offers.iter().enumerate() {
        let quality = quality(accept, offer);
        if quality > best.map_or(0, |(_, quality)| quality) {
            best = Some((position, quality));
        }
    }
    best.map(|(position, _)| position)
}

/// Returns the quality of an offer, which the most specific range determines.
fn quality<'v>(accept: impl IntoIterator<Item = &'v HeaderValue>, offer: &Offer) -> Quality {
    let mut decided: Option<(Specificity, Quality)> = None;
    for range in ranges(accept) {
        let (Some(quality), Some(specificity)) = (range.quality, range.specificity(offer)) else {
            continue;
        };
        if decided.is_none_or(|(before, _)| before < specificity) {
            decided = Some((specificity, quality));
        }
    }
    decided.map_or(0, |(_, quality)| quality)
}

/// A media range with its quality, which is `None` if it is malformed; the range is then ignored.
#[derive(Clone, Copy, Debug)]
struct Range<'a> {
    main: &'a str,
    sub: &'a str,
    parameters: &'a str,
    quality: Option<Quality>,
}

fn ranges<'v>(
    accept: impl IntoIterator<Item = &'v HeaderValue>,
) -> impl Iterator<Item = Range<'v>> {
    let lines = accept.into_iter().filter_map(|value| std::str::from_utf8(value.as_bytes()).ok());
    lines.flat_map(|line| split(line, b',')).filter_map(Range::parse)
}

impl<'a> Range<'a> {
    fn parse(element: &'a str) -> Option<Self> {
        let (range, parameters) = element.split_once(';').unwrap_or((element, ""));
        let (main, sub) = match range.trim() {
            "*" => ("*", "*"),
            range => range.split_once('/')?,
        };
        if !is_token(main) || !is_token(sub) || (main == "*" && sub != "*") {
            return None;
        }
        Some(Self { main, sub, parameters, quality: weight(parameters) })
    }

    fn specificity(&self, offer: &Offer) -> Option<Specificity> {
        let main = self.main == "*" || self.main.eq_ignore_ascii_case(offer.0.ty().as_str());
        let sub = self.sub == "*" || is_subtype(self.sub, offer);
        if !main || !sub {
            return None;
        }
        let mut specificity = u8::from(self.main != "*") + u8::from(self.sub != "*");
        for parameter in parameters(self.parameters) {
            let (name, value) = parameter?;
            if name.eq_ignore_ascii_case("q") {
                break;
            }
            if !offer.has_parameter(name, value) {
                return None;
            }
            specificity = specificity.saturating_add(1);
        }
        Some(specificity)
    }
}

/// Compares subtypes including the suffix, for example `problem+json`.
fn is_subtype(sub: &str, offer: &Offer) -> bool {
    let own = offer.0.subty().as_str();
    match (offer.0.suffix(), sub.rsplit_once('+')) {
        (None, _) => sub.eq_ignore_ascii_case(own),
        (Some(suffix), Some((stem, end))) => {
            stem.eq_ignore_ascii_case(own) && end.eq_ignore_ascii_case(suffix.as_str())
        }
        (Some(_), None) => false,
    }
}

/// Returns whether a value, quoted or not, is this text.
fn is_text(value: &str, text: &str, ignore_case: bool) -> bool {
    let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    let is_escaped = unquoted.is_some_and(|unquoted| unquoted.contains('\\'));
    let value = unquoted.unwrap_or(value);
    if is_escaped {
        return unescaped(value).eq(text.chars());
    }
    if ignore_case { value.eq_ignore_ascii_case(text) } else { value == text }
}

fn unescaped(value: &str) -> impl Iterator<Item = char> {
    let mut characters = value.chars();
    std::iter::from_fn(move || match characters.next() {
        Some('\\') => characters.next(),
        character => character,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OFFERS: [&str; 4] = [
        "application/json",
        "text/xml; charset=utf-8",
        "application/xml; charset=utf-8",
        "text/html; level=1",
    ];

    fn offers() -> Vec<Offer> {
        OFFERS.iter().map(|text| Offer::new(text).expect(text)).collect()
    }

    fn selected(accept: &str) -> Option<&'static str> {
        let value = HeaderValue::from_str(accept).expect("a value");
        Some(OFFERS[select(&[value], &offers())?])
    }

    #[test]
    fn without_the_field_the_first_offer_is_selected() {
        assert_eq!(select(&[], &offers()), Some(0));
        assert_eq!(selected(""), Some(OFFERS[0]));
    }

    #[test]
    fn the_highest_quality_wins() {
        assert_eq!(selected("application/json;q=0.5, text/xml;q=0.8"), Some(OFFERS[1]));
    }

    #[test]
    fn the_first_offer_wins_if_qualities_are_equal() {
        assert_eq!(selected("application/xml, text/xml"), Some(OFFERS[1]));
        assert_eq!(selected("*/*"), Some(OFFERS[0]));
        assert_eq!(selected("*"), Some(OFFERS[0]));
    }

    #[test]
    fn the_most_specific_range_determines_the_quality() {
        assert_eq!(selected("*/*;q=1, application/json;q=0.1, text/*;q=0.5"), Some(OFFERS[2]));
        assert_eq!(selected("text/*;q=0, text/xml, */*;q=0.1"), Some(OFFERS[1]));
    }

    #[test]
    fn a_quality_of_zero_is_not_acceptable() {
        assert_eq!(selected("application/json;q=0"), None);
        assert_eq!(selected("image/png"), None);
    }

    #[test]
    fn parameters_must_match() {
        assert_eq!(selected("application/json;version=2"), None);
        assert_eq!(selected("text/html;level=1"), Some(OFFERS[3]));
        assert_eq!(selected("text/html;LEVEL=\"\\1\""), Some(OFFERS[3]));
        assert_eq!(selected("text/html;level=2"), None);
    }

    #[test]
    fn utf_8_matches_every_offer() {
        assert_eq!(selected("application/json; charset=UTF-8"), Some(OFFERS[0]));
        assert_eq!(selected("application/json; charset=latin1"), None);
    }

    #[test]
    fn ranges_are_case_insensitive() {
        assert_eq!(selected("TEXT/XML"), Some(OFFERS[1]));
    }

    #[test]
    fn quoted_separators_do_not_split() {
        assert_eq!(selected("text/html;x=\"a,text/xml;q=1\""), None);
    }

    #[test]
    fn a_malformed_element_does_not_affect_the_others() {
        for wrong in ["json", "text/xml;q=2", "text/xml;q=.", "text/xml;q=", "*/xml", "a b/c"] {
            assert_eq!(selected(&format!("{wrong}, application/xml")), Some(OFFERS[2]), "{wrong}");
        }
    }

    #[test]
    fn a_quality_as_clients_write_it_is_read() {
        for (one, other) in
            [(".2", ".1"), ("0.12345", "0.122"), ("1.0000", ".9999"), ("0.0001", "0")]
        {
            let selected = selected(&format!("application/json;q={other}, text/xml; q={one}"));
            assert_eq!(selected, Some(OFFERS[1]), "{one} {other}");
        }
        let of_java = "image/gif, image/jpeg, *; q=.2, */*; q=.2";
        assert_eq!(selected(of_java), Some(OFFERS[0]));
    }

    #[test]
    fn several_lines_are_one_list() {
        let (json, xml) = (
            HeaderValue::from_static("application/json;q=0.1"),
            HeaderValue::from_static("text/xml"),
        );
        assert_eq!(select(&[json, xml], &offers()), Some(1));
    }

    #[test]
    fn a_suffix_is_part_of_the_subtype() {
        let problem = [Offer::new("application/problem+json").expect("a media type")];
        let accept = |text: &'static str| select(&[HeaderValue::from_static(text)], &problem);
        assert_eq!(accept("application/problem+json"), Some(0));
        assert_eq!(accept("application/json"), None);
        assert_eq!(accept("application/problem"), None);
    }

    const RANGES: [&str; 5] = ["*/*", "text/*", "application/*", "text/xml", "application/json"];

    /// Computes the quality of an offer independently, for a list without duplicate ranges.
    fn expected(list: &[(usize, u16)], offer: &str) -> u16 {
        let main = offer.split('/').next().unwrap_or_default();
        let candidates = [offer.to_owned(), format!("{main}/*"), "*/*".to_owned()];
        let decided = candidates.iter().find_map(|candidate| {
            list.iter().find(|(range, _)| RANGES[*range] == candidate).map(|(_, quality)| *quality)
        });
        decided.unwrap_or(0)
    }

    proptest! {
        #[test]
        fn the_offer_with_the_highest_quality_is_selected(
            list in prop::collection::btree_map(0..RANGES.len(), 0..=1000u16, 1..5),
        ) {
            let list: Vec<_> = list.into_iter().collect();
            let texts = list.iter().map(|(range, quality)| {
                format!("{};q={}.{:03}", RANGES[*range], quality / 1000, quality % 1000)
            });
            let accept = HeaderValue::try_from(texts.collect::<Vec<_>>().join(", ")).expect("a value");
            let offered = ["application/json", "text/xml", "text/plain"];
            let offers: Vec<_> = offered.iter().map(|it| Offer::new(it).expect(it)).collect();
            let qualities = offered.map(|offer| expected(&list, offer));
            let best = *qualities.iter().max().expect("some");
            let position = qualities.iter().position(|quality| *quality == best && best > 0);
            prop_assert_eq!(select(&[accept], &offers), position);
        }

        #[test]
        fn arbitrary_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            if let Ok(value) = HeaderValue::from_bytes(&bytes) {
                let _ = select(&[value], &offers());
            }
        }
    }
}
