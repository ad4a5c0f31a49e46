//! The parameters of one operation, prepared when the application is built.

use http::HeaderName;

use super::constraint::{Constraint, Unusable};
use crate::{
    content::{Member, Written},
    declaration::{self, Argument, Kind, Mount, Operation},
    problem::violation::{Code, Violation},
};

/// Where the arguments of an operation come from, and what they must be like.
#[derive(Debug, Default)]
pub(crate) struct Parameters(Vec<CompiledParameter>);

/// One parameter.
#[derive(Debug)]
pub(crate) struct CompiledParameter {
    pub(crate) name: &'static str,
    pub(crate) source: Source,
    pub(super) constraint: Constraint,
    pub(crate) default: Option<&'static str>,
    pub(crate) repeated: bool,
    is_optional: bool,
    pub(crate) kind: Option<Kind>,
    pub(crate) key: &'static str,
    pub(crate) declared: declaration::Constraint,
}

/// Where a parameter comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// The path variable of its name.
    Variable,
    /// The path variable of its name, which spans segments.
    Rest,
    /// The header field of this name.
    Header(HeaderName),
    /// The query.
    Query,
    /// The query, or else the content.
    QueryOrContent,
    /// It is no value.
    Elsewhere,
    /// The content alone, and nothing shows it.
    Content,
    /// The content alone: it is a file.
    File,
}

impl Parameters {
    /// Prepares an operation; all that is wrong with it, in words.
    pub(crate) fn new(
        mount: &Mount,
        operation: &Operation,
        reads_content: bool,
    ) -> Result<Self, Vec<String>> {
        let mut compiled = Vec::new();
        let mut wrong = Vec::new();
        for parameter in operation.parameters {
            match CompiledParameter::new(mount, parameter, reads_content) {
                Ok(parameter) => compiled.push(parameter),
                Err(error) => wrong.push(format!("`{}`: {error}", parameter.name)),
            }
        }
        if wrong.is_empty() { Ok(Self(compiled)) } else { Err(wrong) }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &CompiledParameter> {
        self.0.iter()
    }

    /// Whether some parameter may be in the content.
    pub(crate) fn are_in_content(&self) -> bool {
        self.0.iter().any(|parameter| {
            matches!(parameter.source, Source::QueryOrContent | Source::Content | Source::File)
        })
    }

    pub(super) fn parameter(&self, index: usize) -> Option<&CompiledParameter> {
        self.0.get(index)
    }
}

impl CompiledParameter {
    fn new(
        mount: &Mount,
        parameter: &declaration::Parameter,
        reads_content: bool,
    ) -> Result<Self, String> {
        let merged = merge(mount, parameter);
        let constraint = Constraint::new(&merged).map_err(|error: Unusable| error.to_string())?;
        let default = merged.default.map(|default| default.text());
        if let Some(Err((_, reason))) = default.map(|default| constraint.check(default)) {
            return Err(format!("its default breaks its own rule. {reason}"));
        }
        let source = source(mount, parameter, reads_content)?;
        let (is_optional, repeated) = match parameter.argument {
            Argument::Value { optional, repeated, .. } | Argument::File { optional, repeated } => {
                (optional, repeated)
            }
            _ => (false, false),
        };
        let kind = match parameter.argument {
            Argument::Value { kind, .. } => Some(kind),
            _ => None,
        };
        Ok(Self {
            name: parameter.name,
            source,
            constraint,
            default,
            repeated,
            is_optional,
            kind,
            key: parameter.header.unwrap_or(parameter.name),
            declared: merged,
        })
    }

    pub(crate) fn is_secret(&self) -> bool {
        matches!(self.source, Source::Content)
    }

    pub(crate) fn is_file(&self) -> bool {
        matches!(self.source, Source::File)
    }

    /// Whether a request must have it.
    pub(crate) fn is_required(&self) -> bool {
        matches!(self.source, Source::Variable | Source::Rest)
            || !(self.is_optional || self.repeated || self.default.is_some())
    }

    pub(crate) fn is_named(&self) -> bool {
        self.kind.is_some() || matches!(self.source, Source::File)
    }

    /// Why a member of the content cannot be this parameter, whatever its text says.
    pub(super) fn misfit(&self, member: &Member) -> Option<(Code, &'static str)> {
        if member.is_listed && !self.repeated {
            return Some((Code::Repeated, "It must not be a list."));
        }
        let reason = match (member.written, self.kind?) {
            (Written::Text, _) | (Written::Number | Written::Boolean, Kind::Any) => return None,
            (Written::Number, Kind::Integer { .. } | Kind::Number) => return None,
            (Written::Boolean, Kind::Boolean) => return None,
            (_, Kind::Integer { .. } | Kind::Number) => "It must be a number.",
            (_, Kind::Boolean) => "It must be true or false.",
            (_, Kind::Text(_) | Kind::Choice(_)) => "It must be text.",
            (Written::Nested, Kind::Any) => "It must be one value.",
        };
        Some((Code::Invalid, reason))
    }

    pub(super) fn violation(
        &self,
        place: &'static str,
        code: Code,
        value: &str,
        reason: &str,
    ) -> Violation {
        if matches!(self.source, Source::Content) {
            return Violation::secret(self.name, place, code, reason);
        }
        Violation::new(self.name, place, code, value, reason)
    }
}

impl Source {
    pub(crate) fn place(&self) -> &'static str {
        match self {
            Self::Variable | Self::Rest => "path",
            Self::Header(_) => "header",
            Self::Query | Self::QueryOrContent => "query",
            Self::Elsewhere | Self::Content | Self::File => "content",
        }
    }
}

/// The nearest rule wins: the argument's, then the struct's.
fn merge(mount: &Mount, parameter: &declaration::Parameter) -> declaration::Constraint {
    let further = mount.constraints.iter().filter(|constraint| constraint.name == parameter.name);
    further.fold(parameter.constraint, |nearer, further| nearer.or(further))
}

fn source(
    mount: &Mount,
    parameter: &declaration::Parameter,
    reads_content: bool,
) -> Result<Source, String> {
    if matches!(parameter.argument, Argument::File { .. }) {
        return Ok(Source::File);
    }
    if !matches!(parameter.argument, Argument::Value { .. }) {
        return Ok(Source::Elsewhere);
    }
    if matches!(parameter.argument, Argument::Value { secret: true, .. }) {
        return Ok(Source::Content);
    }
    if let Some(field) = parameter.header {
        let name = HeaderName::from_bytes(field.as_bytes());
        return name.map(Source::Header).map_err(|_| format!("`{field}` is no name of a field"));
    }
    let is_in_path = mount.variables.contains(&parameter.name);
    let is_rest = mount.path.ends_with(&format!("{{*{}}}", parameter.name));
    Ok(match (is_in_path, is_rest, reads_content) {
        (true, true, _) => Source::Rest,
        (true, false, _) => Source::Variable,
        (false, _, true) => Source::QueryOrContent,
        (false, _, false) => Source::Query,
    })
}
