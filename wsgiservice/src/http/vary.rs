//! `Vary` (RFC 9110, section 12.5.5), always as one field line.
//!
//! The standard allows several lines, but nginx 1.22 as a cache keeps only the last of them, and then sends a response
//! to clients for which it is not.

use http::{HeaderMap, HeaderValue, header};

/// Adds a list of field names to the response's own, so that all are in one line, each once.
pub(crate) fn add(fields: &mut HeaderMap, names: Option<&HeaderValue>) {
    let lines: Vec<_> = fields.get_all(header::VARY).iter().chain(names).cloned().collect();
    if names.is_none() && lines.len() < 2 {
        return;
    }
    let names = lines.iter().filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(','));
    if let Some(joined) = joined(names.map(str::trim)) {
        fields.insert(header::VARY, joined);
    }
}

/// The value with these names, each once; `*` stands for all of them. `None` without names.
pub(crate) fn joined<'n>(names: impl IntoIterator<Item = &'n str>) -> Option<HeaderValue> {
    let mut distinct: Vec<&str> = Vec::new();
    for name in names {
        if name == "*" {
            return Some(HeaderValue::from_static("*"));
        }
        if !name.is_empty() && !distinct.iter().any(|it| it.eq_ignore_ascii_case(name)) {
            distinct.push(name);
        }
    }
    if distinct.is_empty() { None } else { HeaderValue::try_from(distinct.join(", ")).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(own: &[&'static str], names: Option<&'static str>) -> Vec<HeaderValue> {
        let mut fields = HeaderMap::new();
        for line in own {
            fields.append(header::VARY, HeaderValue::from_static(line));
        }
        add(&mut fields, names.map(HeaderValue::from_static).as_ref());
        fields.get_all(header::VARY).iter().cloned().collect()
    }

    #[test]
    fn several_lists_become_one_line_with_each_name_once() {
        assert_eq!(added(&[], None), Vec::<HeaderValue>::new());
        assert_eq!(added(&[], Some("Accept")), ["Accept"]);
        assert_eq!(added(&["Origin"], None), ["Origin"]);
        assert_eq!(added(&["origin", "Cookie, ,"], None), ["origin, Cookie"]);
        assert_eq!(added(&["accept, Origin"], Some("Accept, Cookie")), ["accept, Origin, Cookie"]);
    }

    #[test]
    fn an_asterisk_stands_for_all_names() {
        assert_eq!(added(&["Origin", "*"], Some("Accept")), ["*"]);
    }
}
