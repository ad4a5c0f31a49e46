//! Where a parameter comes from.

use http::HeaderName;
use wsgiservice_grammar::path::Path;

use crate::{
    declaration::{self, Argument, From},
    problem::place::Place,
};

/// Where a parameter comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// The path variable of its name.
    Variable,
    /// The path variable of its name, for all segments that remain.
    Rest,
    /// The header field of this name.
    Header(HeaderName),
    /// The cookie of its name.
    Cookie,
    /// The query.
    Query,
    /// The query, or a member of the content if the query does not have it.
    QueryOrContent,
    /// A member of the content, and never the query, which is logged.
    Content,
    /// A file of a form in the content.
    File,
    /// Not from a name: it is the content as a whole, or the request itself.
    Elsewhere,
}

impl Source {
    /// Decides where a parameter comes from. If the operation `reads_members`, it may be a member of the content.
    ///
    /// # Errors
    ///
    /// If its header field has an invalid name, or the path does not have its variable.
    pub(super) fn new(
        path: &Path,
        parameter: &declaration::Parameter,
        reads_members: bool,
    ) -> Result<Self, String> {
        match parameter.argument {
            Argument::File { .. } => Ok(Self::File),
            Argument::Value { secret: true, .. } if matches!(parameter.from, From::Name) => {
                Ok(Self::Content)
            }
            Argument::ApiKey { .. } if matches!(parameter.from, From::Name) => {
                Err("an `ApiKey` needs `#[from]`, as in `#[from(header = \"X-Api-Key\")]`"
                    .to_owned())
            }
            Argument::Value { .. } | Argument::ApiKey { .. } => {
                Self::named(path, parameter, reads_members)
            }
            Argument::IdempotencyKey { .. } => {
                Ok(Self::Header(HeaderName::from_static("idempotency-key")))
            }
            Argument::Content { .. }
            | Argument::Bytes
            | Argument::Stream
            | Argument::Form
            | Argument::Request
            | Argument::Preconditions
            | Argument::Authorized { .. }
            | Argument::Own(_) => Ok(Self::Elsewhere),
        }
    }

    fn named(
        path: &Path,
        parameter: &declaration::Parameter,
        reads_members: bool,
    ) -> Result<Self, String> {
        match parameter.from {
            From::Name => Ok(Self::of_name(path, parameter.name, reads_members)),
            From::Path(name) => Self::of_variable(path, name)
                .ok_or_else(|| format!("`{name}` is not a variable of the path")),
            From::Query(_) => Ok(Self::Query),
            From::Content(_) => Ok(Self::Content),
            From::Header(field) => {
                let name = HeaderName::from_bytes(field.as_bytes());
                let error = |_| format!("`{field}` is not a valid name of a header field");
                name.map(Self::Header).map_err(error)
            }
            From::Cookie(_) => Ok(Self::Cookie),
        }
    }

    fn of_name(path: &Path, name: &str, reads_members: bool) -> Self {
        let elsewhere = if reads_members { Self::QueryOrContent } else { Self::Query };
        Self::of_variable(path, name).unwrap_or(elsewhere)
    }

    fn of_variable(path: &Path, name: &str) -> Option<Self> {
        if path.rest() == Some(name) {
            return Some(Self::Rest);
        }
        path.variables().any(|variable| variable == name).then_some(Self::Variable)
    }

    /// The place that a violation names.
    pub(crate) fn place(&self) -> Place {
        match self {
            Self::Variable | Self::Rest => Place::Path,
            Self::Header(_) => Place::Header,
            Self::Cookie => Place::Cookie,
            Self::Query | Self::QueryOrContent => Place::Query,
            Self::Content | Self::File | Self::Elsewhere => Place::Content,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_may_be_the_rest_of_a_path() {
        let source = |path| Source::of_name(&Path::parse(path).expect("a path"), "word", true);
        assert!(matches!(source("/{word}"), Source::Variable));
        assert!(matches!(source("/{*word}"), Source::Rest));
        assert!(matches!(source("/word"), Source::QueryOrContent));
    }
}
