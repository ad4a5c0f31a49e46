//! The well-known formats of text, for the rule `format`.

use crate::text::same;

/// A well-known format of text.
///
/// ```
/// use wsgiservice_grammar::format::Format;
///
/// const EMAIL: Option<Format> = Format::named("email");
///
/// assert_eq!(EMAIL, Some(Format::Email));
/// assert_eq!(Format::DateTime.name(), "date-time");
/// assert_eq!(Format::named("phone"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// An e-mail address, as HTML defines it for `<input type=email>`.
    Email,
    /// An absolute URI (RFC 3986, section 4.3).
    Uri,
    /// The name of a host (RFC 1123, section 2.1).
    Hostname,
    /// A date and a time with an offset (RFC 3339, section 5.6).
    DateTime,
    /// A date (RFC 3339, section 5.6).
    Date,
    /// A time of day with an offset (RFC 3339, section 5.6).
    Time,
    /// A UUID, with hyphens (RFC 9562, section 4).
    Uuid,
    /// An IPv4 address, with dots.
    Ipv4,
    /// An IPv6 address (RFC 4291, section 2.2).
    Ipv6,
}

impl Format {
    /// All formats.
    pub const ALL: &'static [Self] = &[
        Self::Email,
        Self::Uri,
        Self::Hostname,
        Self::DateTime,
        Self::Date,
        Self::Time,
        Self::Uuid,
        Self::Ipv4,
        Self::Ipv6,
    ];

    /// Its name in `#[validate]`, which is that in JSON Schema (JSON Schema 2020-12 validation, section 7.3).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Uri => "uri",
            Self::Hostname => "hostname",
            Self::DateTime => "date-time",
            Self::Date => "date",
            Self::Time => "time",
            Self::Uuid => "uuid",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        }
    }

    /// The format of this name.
    #[must_use]
    pub const fn named(name: &str) -> Option<Self> {
        let mut formats = Self::ALL;
        while let [format, rest @ ..] = formats {
            if same(format.name(), name) {
                return Some(*format);
            }
            formats = rest;
        }
        None
    }

    /// Whether a text in the format of this name can have this one, too: it is the same, or a special case of it.
    #[must_use]
    pub(crate) const fn narrows(self, name: &str) -> bool {
        let is_address = matches!(self, Self::Ipv4 | Self::Ipv6) && same(name, "ip");
        is_address || same(self.name(), name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_has_its_name() {
        for format in Format::ALL {
            assert_eq!(Format::named(format.name()), Some(*format));
        }
    }

    #[test]
    fn a_name_is_compared_whole() {
        assert_eq!(Format::named("date-"), None);
        assert_eq!(Format::named("Email"), None);
        assert_eq!(Format::named(""), None);
    }
}
