//! The rule `format`: the value has a well-known format.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    sync::LazyLock,
};

use serde_json::{Map, Value};
use wsgiservice_grammar::format as grammar;

use super::{Checked, Code, expression::Expression, rfc3339};

/// A valid e-mail address by HTML, which is stricter than RFC 5322, and is what people expect.
static EMAIL: LazyLock<Option<Expression>> = LazyLock::new(|| {
    let label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
    Expression::whole(&format!(r"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{label}(?:\.{label})*")).ok()
});

/// An absolute URI: a scheme, and then the characters that RFC 3986 allows.
static URI: LazyLock<Option<Expression>> = LazyLock::new(|| {
    Expression::whole(
        r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+",
    )
    .ok()
});

/// RFC 1123, section 2.1.
static HOSTNAME: LazyLock<Option<Expression>> = LazyLock::new(|| {
    let label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
    Expression::whole(&format!(r"{label}(?:\.{label})*")).ok()
});

type Matches = fn(&str) -> bool;

/// The rule `format`.
#[derive(Clone, Copy)]
pub(crate) struct Format {
    format: grammar::Format,
    matches: Matches,
}

impl Format {
    pub(super) fn new(format: grammar::Format) -> Self {
        Self { format, matches: matcher(format) }
    }

    pub(super) fn check(&self, text: &str) -> Checked {
        if (self.matches)(text) {
            return Ok(());
        }
        let reason = format!("It must be a valid {}.", self.format.name());
        Err((Code::Rule("format"), reason.into()))
    }

    pub(super) fn in_words(&self) -> String {
        format!("a valid {}", self.format.name())
    }

    pub(super) fn schema(&self, schema: &mut Map<String, Value>) {
        schema.insert("format".to_owned(), self.format.name().into());
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.format.fmt(formatter)
    }
}

/// How a text is matched.
fn matcher(format: grammar::Format) -> Matches {
    match format {
        grammar::Format::Email => |text| matches(&EMAIL, text),
        grammar::Format::Uri => |text| matches(&URI, text),
        grammar::Format::Hostname => |text| text.len() <= 253 && matches(&HOSTNAME, text),
        grammar::Format::Uuid => |text| text.len() == 36 && uuid::Uuid::try_parse(text).is_ok(),
        grammar::Format::Ipv4 => |text| text.parse::<Ipv4Addr>().is_ok(),
        grammar::Format::Ipv6 => |text| text.parse::<Ipv6Addr>().is_ok(),
        grammar::Format::DateTime => rfc3339::is_date_time,
        grammar::Format::Date => rfc3339::is_date,
        grammar::Format::Time => rfc3339::is_time,
    }
}

fn matches(expression: &Option<Expression>, text: &str) -> bool {
    expression.as_ref().is_some_and(|expression| expression.matches(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_takes_its_own_and_refuses_others() {
        for (name, right, wrong) in [
            ("email", "a.b@example.org", "a.b@"),
            ("uri", "https://example.org/a?b#c", "example.org"),
            ("hostname", "example.org", "-example.org"),
            ("date-time", "2026-11-24T12:00:00Z", "2026-11-24"),
            ("date", "2026-11-24", "2026-13-24"),
            ("time", "12:30:00Z", "12:30:00"),
            ("uuid", "67e55044-10b1-426f-9247-bb680e5fe0c8", "67e55044"),
            // Without hyphens, it is not as RFC 9562 writes it.
            ("uuid", "67e55044-10b1-426f-9247-bb680e5fe0c8", "67e5504410b1426f9247bb680e5fe0c8"),
            (
                "uuid",
                "67e55044-10b1-426f-9247-bb680e5fe0c8",
                "67e55044-10b1-426f-9247-bb680e5fe0cz",
            ),
            ("hostname", "a.example", &["a"; 128].join(".")),
            ("ipv4", "130.59.31.80", "999.1.1.1"),
            ("ipv6", "2001:620::1", "2001:620"),
        ] {
            let format = grammar::Format::named(name).expect(name);
            let rule = Format::new(format);
            assert_eq!(rule.check(right), Ok(()), "{name} {right}");
            let violation = (Code::Rule("format"), format!("It must be a valid {name}.").into());
            assert_eq!(rule.check(wrong), Err(violation), "{name} {wrong}");
        }
    }

    #[test]
    fn words_and_schema_have_the_name() {
        let rule = Format::new(grammar::Format::Ipv4);
        assert_eq!(rule.in_words(), "a valid ipv4");
        let mut schema = Map::new();
        rule.schema(&mut schema);
        assert_eq!(schema.get("format"), Some(&"ipv4".into()));
    }
}
