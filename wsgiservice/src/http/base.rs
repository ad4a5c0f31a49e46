//! The base path: what a host or a proxy removes from the path of a target before the application sees it.

use http::HeaderMap;

use super::reference::is_path;

/// The field in which a proxy passes on what it removed. No standard describes it; each proxy on the way adds a value.
const FORWARDED_PREFIX: &str = "x-forwarded-prefix";

/// Parses a base path: empty, or a path without a slash at its end. A slash at the end of `text` is passed over.
pub(crate) fn parse(text: &str) -> Option<&str> {
    let base = text.strip_suffix('/').unwrap_or(text);
    let is_empty = |segment: &str| matches!(segment, "" | "." | "..");
    let is_valid =
        || base.starts_with('/') && is_path(base) && !base.split('/').skip(1).any(is_empty);
    (base.is_empty() || is_valid()).then_some(base)
}

/// What the proxies removed, the outermost one first; `None` if one of the values is not a path.
pub(crate) fn forwarded(fields: &HeaderMap) -> Option<String> {
    let mut base = String::new();
    for value in fields.get_all(FORWARDED_PREFIX) {
        for prefix in value.to_str().ok()?.split(',') {
            base.push_str(parse(prefix.trim_matches([' ', '\t']))?);
        }
    }
    Some(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_a_path_without_a_slash_at_its_end() {
        assert_eq!(parse(""), Some(""));
        assert_eq!(parse("/"), Some(""));
        assert_eq!(parse("/a/b/"), Some("/a/b"));
        for text in
            ["a", "//a", "/a//b", "/a//", "/..", "/a?b", "/\\a", "/%zz", "/a b", "https://a"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn the_prefixes_of_several_proxies_follow_each_other() {
        let mut fields = HeaderMap::new();
        assert_eq!(forwarded(&fields), Some(String::new()));
        fields.append(FORWARDED_PREFIX, "/a, /b/".parse().expect("a value"));
        fields.append(FORWARDED_PREFIX, "/c".parse().expect("a value"));
        assert_eq!(forwarded(&fields), Some("/a/b/c".to_owned()));
        fields.append(FORWARDED_PREFIX, "//evil.example".parse().expect("a value"));
        assert_eq!(forwarded(&fields), None);
    }
}
