//! The path of a resource: literal text and variables.
//!
//! ```text
//! path    = 1*( "/" segment )
//! segment = *literal [ "{" name "}" *literal ] / "{*" name "}"    ; the latter only at the end
//! ```
//!
//! A variable `{name}` matches text within one segment. `{*name}` matches all segments that remain. A name is that of
//! an argument of a method.

use std::{error::Error, fmt};

mod parser;

/// A path that was parsed.
///
/// ```
/// use wsgiservice_grammar::path::{Part, Path};
///
/// let path = Path::parse("/users/{id}.json")?;
/// assert_eq!(
///     path.parts,
///     [
///         Part::Literal("/users/".to_owned()),
///         Part::Variable("id".to_owned()),
///         Part::Literal(".json".to_owned()),
///     ]
/// );
/// assert_eq!(path.to_string(), "/users/{id}.json");
/// # Ok::<(), wsgiservice_grammar::path::Malformed>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Path {
    /// Its parts, in order; two literals are never next to each other.
    pub parts: Vec<Part>,
}

/// A part of a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// Text that a request must have as it is. It may have slashes, and is never empty.
    Literal(String),
    /// The name of a variable within one segment: `id` for `{id}`.
    Variable(String),
    /// The name of a variable for all segments that remain: `rest` for `{*rest}`.
    Rest(String),
}

/// Why a text is not a path.
///
/// ```
/// use wsgiservice_grammar::path::Path;
///
/// let error = Path::parse("/users/{id").unwrap_err();
/// assert_eq!(error.index, 7);
/// assert_eq!(error.reason, "`{` is not closed");
/// assert_eq!(error.to_string(), "`{` is not closed (at character 7)");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The position of the mistake, in characters, from 0.
    pub index: usize,
    /// What the mistake is.
    pub reason: String,
}

impl Path {
    /// Parses a path.
    ///
    /// # Errors
    ///
    /// If the text does not follow the [grammar](self), if a variable appears twice, or if its name cannot be that of
    /// an argument.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        parser::parse(text)
    }

    /// The names of the variables, in order.
    ///
    /// ```
    /// # use wsgiservice_grammar::path::Path;
    /// let path = Path::parse("/{user}/files/{*rest}")?;
    /// assert!(path.variables().eq(["user", "rest"]));
    /// # Ok::<(), wsgiservice_grammar::path::Malformed>(())
    /// ```
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Variable(name) | Part::Rest(name) => Some(name.as_str()),
        })
    }

    /// The name of the variable for all segments that remain.
    ///
    /// ```
    /// # use wsgiservice_grammar::path::Path;
    /// assert_eq!(Path::parse("/files/{*rest}")?.rest(), Some("rest"));
    /// assert_eq!(Path::parse("/files/{name}")?.rest(), None);
    /// # Ok::<(), wsgiservice_grammar::path::Malformed>(())
    /// ```
    #[must_use]
    pub fn rest(&self) -> Option<&str> {
        match self.parts.last() {
            Some(Part::Rest(name)) => Some(name),
            _ => None,
        }
    }

    /// Whether the path ends with literal text.
    ///
    /// ```
    /// # use wsgiservice_grammar::path::Path;
    /// assert!(Path::parse("/users/{id}/photo")?.ends_literally());
    /// assert!(!Path::parse("/users/{id}")?.ends_literally());
    /// # Ok::<(), wsgiservice_grammar::path::Malformed>(())
    /// ```
    #[must_use]
    pub fn ends_literally(&self) -> bool {
        matches!(self.parts.last(), Some(Part::Literal(_)))
    }

    /// The path with other text for each variable.
    ///
    /// The function gets its name, and whether it is the [rest](Self::rest).
    ///
    /// ```
    /// # use wsgiservice_grammar::path::Path;
    /// let path = Path::parse("/{user}/files/{*rest}")?;
    /// let text = path.replace_variables(|name, is_rest| if is_rest { "…".into() } else { name.to_uppercase() });
    /// assert_eq!(text, "/USER/files/…");
    /// # Ok::<(), wsgiservice_grammar::path::Malformed>(())
    /// ```
    #[must_use]
    pub fn replace_variables(&self, mut replace: impl FnMut(&str, bool) -> String) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Literal(text) => text.clone(),
            Part::Variable(name) => replace(name, false),
            Part::Rest(name) => replace(name, true),
        });
        parts.collect()
    }

    /// The path as OpenAPI writes it, in which all variables are alike (OpenAPI 3.1, section 4.8.8).
    ///
    /// ```
    /// # use wsgiservice_grammar::path::Path;
    /// assert_eq!(Path::parse("/{user}/files/{*rest}")?.to_openapi(), "/{user}/files/{rest}");
    /// # Ok::<(), wsgiservice_grammar::path::Malformed>(())
    /// ```
    #[must_use]
    pub fn to_openapi(&self) -> String {
        self.replace_variables(|name, _| format!("{{{name}}}"))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| write!(formatter, "{part}"))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(text) => formatter.write_str(text),
            Self::Variable(name) => write!(formatter, "{{{name}}}"),
            Self::Rest(name) => write!(formatter, "{{*{name}}}"),
        }
    }
}

impl Malformed {
    fn new(index: usize, reason: impl Into<String>) -> Self {
        Self { index, reason: reason.into() }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (at character {})", self.reason, self.index)
    }
}

impl Error for Malformed {}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        Path::parse(text).expect(text)
    }

    #[test]
    fn literal_text_may_stand_around_a_variable() {
        let path = path("/v{version}/{name}.txt");
        assert!(path.variables().eq(["version", "name"]));
        assert!(path.ends_literally());
    }

    #[test]
    fn the_root_is_literal() {
        assert_eq!(path("/").parts, [Part::Literal("/".to_owned())]);
        assert!(path("/").ends_literally());
    }

    #[test]
    fn the_rest_is_a_variable() {
        let path = path("/files/{*rest}");
        assert_eq!(path.rest(), Some("rest"));
        assert!(path.variables().eq(["rest"]));
        assert!(!path.ends_literally());
    }
}
