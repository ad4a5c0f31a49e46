//! The parameters of one operation, prepared when the application is built.

use http::HeaderName;

use super::constraint::{Constraint, Unusable};
use crate::{
    content::{Member, Written},
    declaration::{self, Argument, From, Kind, Mount, Operation},
    problem::violation::{Code, Violation},
};

/// Where the arguments of an operation come from, and what they must be like.
#[derive(Debug, Default)]
pub(crate) struct Plan(Vec<Planned>);

/// One parameter.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(super) name: &'static str,
    pub(super) source: Source,
    pub(super) constraint: Constraint,
    pub(super) default: Option<&'static str>,
    pub(super) repeated: bool,
    kind: Option<Kind>,
}

/// Where a parameter comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// The path variable of its name.
    Variable,
    /// The path variable of its name, which spans segments.
    Rest,
    /// The header field of this name.
    Field(HeaderName),
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

impl Plan {
    /// Prepares an operation; all that is wrong with it, in words.
    pub(crate) fn new(mount: &Mount, operation: &Operation) -> Result<Self, Vec<String>> {
        let mut planned = Vec::new();
        let mut wrong = Vec::new();
        let reads_content = operation.role.reads_content();
        for parameter in operation.parameters {
            match Planned::new(mount, parameter, reads_content) {
                Ok(parameter) => planned.push(parameter),
                Err(error) => wrong.push(format!("`{}`: {error}", parameter.name)),
            }
        }
        if wrong.is_empty() { Ok(Self(planned)) } else { Err(wrong) }
    }

    /// Whether some parameter may be in the content.
    pub(crate) fn looks_into_content(&self) -> bool {
        self.0.iter().any(|planned| {
            matches!(planned.source, Source::QueryOrContent | Source::Content | Source::File)
        })
    }

    pub(super) fn parameter(&self, index: usize) -> Option<&Planned> {
        self.0.get(index)
    }
}

impl Planned {
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
        let repeated = matches!(parameter.argument, Argument::Value { repeated: true, .. });
        let kind = match parameter.argument {
            Argument::Value { kind, .. } => Some(kind),
            _ => None,
        };
        Ok(Self { name: parameter.name, source, constraint, default, repeated, kind })
    }

    /// Why a member of the content cannot be this parameter, whatever its text says.
    pub(super) fn misfit(&self, member: &Member) -> Option<(Code, &'static str)> {
        if member.is_listed && !self.repeated {
            return Some((Code::Repeated, "It was given as a list."));
        }
        let reason = match (member.written, self.kind?) {
            (Written::Text, _) | (Written::Number | Written::Boolean, Kind::Any) => return None,
            (Written::Number, Kind::Integer { .. } | Kind::Number) => return None,
            (Written::Boolean, Kind::Boolean) => return None,
            (_, Kind::Integer { .. } | Kind::Number) => "It must be a number.",
            (_, Kind::Boolean) => "It must be true or false.",
            (_, Kind::Text(_) | Kind::Choice(_)) => "It must be a text.",
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
    pub(super) fn place(&self) -> &'static str {
        match self {
            Self::Variable | Self::Rest => "path",
            Self::Field(_) => "header",
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
    if let From::Header(field) = parameter.from {
        let name = HeaderName::from_bytes(field.as_bytes());
        return name.map(Source::Field).map_err(|_| format!("`{field}` is no name of a field"));
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
