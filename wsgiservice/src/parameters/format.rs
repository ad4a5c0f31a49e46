//! The well-known formats of text, under the names that JSON Schema gives them.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    sync::LazyLock,
};

use super::expression::Expression;

/// What HTML calls a valid e-mail address, which is stricter than RFC 5322 and what people mean.
static EMAIL: LazyLock<Option<Expression>> = LazyLock::new(|| {
    let label = "[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?";
    Expression::whole(&format!(r"[a-zA-Z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{label}(?:\.{label})*")).ok()
});

/// An absolute URI: a scheme, and then what RFC 3986 allows in one.
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

/// The names there are, which the macros know too.
const FORMATS: &[(&str, Matches)] = &[
    ("email", |text| matches(&EMAIL, text)),
    ("uri", |text| matches(&URI, text)),
    ("hostname", |text| text.len() <= 253 && matches(&HOSTNAME, text)),
    #[cfg(feature = "jiff")]
    ("date-time", |text| text.parse::<jiff::Timestamp>().is_ok()),
    #[cfg(feature = "jiff")]
    ("date", |text| text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()),
    #[cfg(feature = "jiff")]
    ("time", |text| text.parse::<jiff::civil::Time>().is_ok()),
    ("uuid", |text| text.len() == 36 && uuid::Uuid::try_parse(text).is_ok()),
    ("ipv4", |text| text.parse::<Ipv4Addr>().is_ok()),
    ("ipv6", |text| text.parse::<Ipv6Addr>().is_ok()),
];

/// A well-known format.
#[derive(Clone, Copy)]
pub(super) struct Format {
    name: &'static str,
    matches: Matches,
}

type Matches = fn(&str) -> bool;

impl Format {
    pub(super) fn named(name: &str) -> Option<Self> {
        let (name, matches) = FORMATS.iter().find(|(known, _)| *known == name)?;
        Some(Self { name, matches: *matches })
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn matches(&self, text: &str) -> bool {
        (self.matches)(text)
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name)
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
            ("time", "12:30:00", "25:00:00"),
            ("uuid", "67e55044-10b1-426f-9247-bb680e5fe0c8", "67e55044"),
            ("ipv4", "130.59.31.80", "999.1.1.1"),
            ("ipv6", "2001:620::1", "2001:620"),
        ] {
            if !cfg!(feature = "jiff") && ["date-time", "date", "time"].contains(&name) {
                assert!(Format::named(name).is_none());
                continue;
            }
            let format = Format::named(name).expect(name);
            assert!(format.matches(right), "{name} {right}");
            assert!(!format.matches(wrong), "{name} {wrong}");
        }
    }
}
