//! Texts with the format, the pattern and the length that a schema requires.

use serde_json::Value;

use super::pattern;

/// The maximum length to which a text is repeated to fit its schema.
const MAX_LENGTH: usize = 100;

/// A text for a schema of texts. Without a format or a pattern it is the name.
pub(super) fn of(name: &str, schema: &Value) -> String {
    let least = length(schema, "minLength").unwrap_or_default();
    let most = length(schema, "maxLength").unwrap_or(usize::MAX);
    let pattern = schema.get("pattern").and_then(Value::as_str);
    // A pattern can allow more than the format.
    let formatted = format(schema).and_then(of_format);
    let formatted = formatted.filter(|text| pattern.is_none_or(|it| pattern::matches(it, text)));
    let matching = || pattern.and_then(|pattern| pattern::matching(pattern, least, most));
    let text = formatted.map(str::to_owned).or_else(matching);
    text.unwrap_or_else(|| of_length(name, least.min(MAX_LENGTH), most))
}

/// The format, or the first of several.
fn format(schema: &Value) -> Option<&str> {
    let one = |schema: &'_ Value| schema.get("format").is_some();
    let alternatives = ["anyOf", "oneOf"].into_iter();
    let alternatives = alternatives.filter_map(|keyword| schema.get(keyword)?.as_array()).flatten();
    let with_format = [schema].into_iter().chain(alternatives).find(|it| one(it))?;
    with_format.get("format")?.as_str()
}

/// An example of a format: those of JSON Schema (validation vocabulary, section 7.3), schemars and jiff.
fn of_format(format: &str) -> Option<&'static str> {
    Some(match format {
        "uuid" => "6ba7b810-9dad-41d1-80b4-00c04fd430c8",
        "ip" | "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "email" | "idn-email" => "user@example.org",
        "uri" | "uri-reference" | "iri" | "iri-reference" | "url" => "https://example.org/",
        "hostname" | "idn-hostname" => "example.org",
        "date-time" => "2026-11-24T12:00:00Z",
        "partial-date-time" => "2026-11-24T12:00:00",
        "zoned-date-time" => "2026-11-24T12:00:00+01:00[Europe/Zurich]",
        "date" => "2026-11-24",
        "time" => "12:00:00Z",
        "partial-time" => "12:00:00",
        "duration" => "PT1H",
        "json-pointer" => "/name",
        "regex" => "[a-z]+",
        "semver" => "1.0.0",
        _ => return None,
    })
}

/// The name, repeated or cut to a length.
fn of_length(name: &str, least: usize, most: usize) -> String {
    let length = name.chars().count().max(least).min(most);
    name.chars().cycle().take(length).collect()
}

/// A length that a schema states.
pub(super) fn length(schema: &Value, keyword: &str) -> Option<usize> {
    schema.get(keyword)?.as_u64()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_has_its_format_and_its_length() {
        let of = |schema: &Value| of("word", schema);
        assert_eq!(of(&json!({})), "word");
        assert_eq!(of(&json!({"maxLength": 2})), "wo");
        assert_eq!(of(&json!({"minLength": 6})), "wordwo");
        assert_eq!(of(&json!({"pattern": "^[0-9]{4}$"})), "0000");
        assert_eq!(of(&json!({"pattern": "^[0-9]+$", "minLength": 3})), "000");
        assert_eq!(of(&json!({"format": "date"})), "2026-11-24");
        assert_eq!(of(&json!({"format": "date", "pattern": "^[0-9-]+$"})), "2026-11-24");
        assert_eq!(of(&json!({"format": "date", "pattern": "^[a-z]$"})), "a");
        assert_eq!(of(&json!({"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]})), "192.0.2.1");
    }
}
