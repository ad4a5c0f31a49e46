//! The parameters of an operation, compiled when the application is built.
//!
//! What a request would otherwise have to look up is decided here, once: where each parameter comes from, and which
//! rules it must satisfy. The exchange takes the arguments of a call by it, and the documentation describes it.

use http::HeaderName;
use wsgiservice_grammar::path::Path;

use super::constraint::Constraint;
use crate::{
    content::{Member, Written},
    declaration::{self, Argument, From, Kind, Mount, Operation},
    problem::violation::{Code, Violation},
};

/// The parameters of an operation, in the order of its arguments.
#[derive(Debug, Default)]
pub(crate) struct Parameters(Vec<CompiledParameter>);

/// A parameter: an argument of a method or a hook.
#[derive(Debug)]
pub(crate) struct CompiledParameter {
    /// The name of the argument.
    pub(crate) name: &'static str,
    /// The name that a client sends: that of the header field, or of the argument.
    pub(crate) key: &'static str,
    pub(crate) source: Source,
    /// What its text can be, if it is a value.
    pub(crate) kind: Option<Kind>,
    pub(crate) constraint: Constraint,
    pub(crate) declared: declaration::Constraint,
    pub(crate) default: Option<&'static str>,
    pub(crate) example: Option<&'static str>,
    pub(crate) documentation: Option<&'static str>,
    pub(crate) is_optional: bool,
    pub(crate) is_repeated: bool,
    /// Whether its value must not be shown.
    pub(crate) is_secret: bool,
    pub(crate) is_file: bool,
}

/// Where a parameter comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// The path variable of its name.
    Variable,
    /// The path variable of its name, for all segments that remain.
    Rest,
    /// The header field of this name.
    Header(HeaderName),
    /// The query.
    Query,
    /// The query, or a member of the content if the query does not have it.
    QueryOrContent,
    /// A member of the content, and never the query, which is logged.
    Content,
    /// A file of a form in the content.
    File,
    /// No value of a name: the content as a whole, or the request itself.
    Elsewhere,
}

impl Parameters {
    /// Compiles the parameters of an operation, which may be members of the content if it `reads_members`.
    ///
    /// # Errors
    ///
    /// All that is wrong with them, one text for each.
    pub(crate) fn new(
        mount: &Mount,
        operation: &Operation,
        reads_members: bool,
    ) -> Result<Self, Vec<String>> {
        let path = Path::parse(mount.path).map_err(|error| vec![error.to_string()])?;
        let mut compiled = Vec::new();
        let mut errors = Vec::new();
        for parameter in operation.parameters {
            match CompiledParameter::new(mount, &path, parameter, reads_members) {
                Ok(parameter) => compiled.push(parameter),
                Err(error) => errors.push(format!("`{}`: {error}", parameter.name)),
            }
        }
        if errors.is_empty() { Ok(Self(compiled)) } else { Err(errors) }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &CompiledParameter> {
        self.0.iter()
    }

    /// Whether one of them may be in the content.
    pub(crate) fn are_in_content(&self) -> bool {
        self.iter().any(|parameter| {
            matches!(parameter.source, Source::QueryOrContent | Source::Content | Source::File)
        })
    }

    /// The parameter of the argument at this position.
    pub(crate) fn parameter(&self, index: usize) -> Option<&CompiledParameter> {
        self.0.get(index)
    }
}

impl CompiledParameter {
    fn new(
        mount: &Mount,
        path: &Path,
        parameter: &declaration::Parameter,
        reads_members: bool,
    ) -> Result<Self, String> {
        let merged = merge(mount, parameter);
        let constraint = Constraint::new(&merged).map_err(|error| error.to_string())?;
        let (kind, is_optional, is_repeated) = match parameter.argument {
            Argument::Value { kind, optional, repeated, .. } => (Some(kind), optional, repeated),
            Argument::File { optional, repeated } => (None, optional, repeated),
            Argument::Content { optional } => (None, optional, false),
            _ => (None, false, false),
        };
        let source = Source::new(path, parameter, reads_members)?;
        let compiled = Self {
            name: parameter.name,
            key: match parameter.from {
                From::Name => parameter.name,
                From::Header(name) => name,
            },
            kind,
            constraint,
            declared: merged,
            default: merged.default.map(|default| default.text()),
            example: merged.example,
            documentation: merged.documentation,
            is_optional,
            is_repeated,
            is_secret: matches!(source, Source::Content),
            is_file: matches!(source, Source::File),
            source,
        };
        match compiled.default.map(|default| compiled.constraint.check(default)) {
            Some(Err((_, reason))) => Err(format!("the default violates a rule. {reason}")),
            _ => Ok(compiled),
        }
    }

    /// Whether a client sends it by name, as a value or a file; not the content as a whole, nor the request itself.
    pub(crate) fn is_named(&self) -> bool {
        !matches!(self.source, Source::Elsewhere)
    }

    /// Whether a client has to send it.
    pub(crate) fn is_required(&self) -> bool {
        self.is_in_path() || !(self.is_optional || self.is_repeated || self.default.is_some())
    }

    pub(crate) fn is_in_path(&self) -> bool {
        matches!(self.source, Source::Variable | Source::Rest)
    }

    /// Why a member of the content cannot be this parameter, whatever its text is.
    pub(super) fn misfit(&self, member: &Member) -> Option<(Code, &'static str)> {
        if member.is_listed && !self.is_repeated {
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

    /// What was wrong with it in a request, without the value if that is secret.
    pub(super) fn violation(
        &self,
        place: &'static str,
        code: Code,
        value: &str,
        reason: &str,
    ) -> Violation {
        if self.is_secret {
            return Violation::secret(self.name, place, code, reason);
        }
        Violation::new(self.name, place, code, value, reason)
    }
}

impl Source {
    fn new(
        path: &Path,
        parameter: &declaration::Parameter,
        reads_members: bool,
    ) -> Result<Self, String> {
        match (parameter.argument, parameter.from) {
            (Argument::File { .. }, _) => Ok(Self::File),
            (Argument::Value { secret: true, .. }, _) => Ok(Self::Content),
            (Argument::Value { .. }, From::Header(field)) => {
                let name = HeaderName::from_bytes(field.as_bytes());
                let error = |_| format!("`{field}` is not a valid name of a header field");
                name.map(Self::Header).map_err(error)
            }
            (Argument::Value { .. }, From::Name) => {
                Ok(Self::of_name(path, parameter.name, reads_members))
            }
            _ => Ok(Self::Elsewhere),
        }
    }

    fn of_name(path: &Path, name: &str, reads_members: bool) -> Self {
        if path.rest() == Some(name) {
            Self::Rest
        } else if path.variables().any(|variable| variable == name) {
            Self::Variable
        } else if reads_members {
            Self::QueryOrContent
        } else {
            Self::Query
        }
    }

    /// Where it is, as a violation says.
    pub(crate) fn place(&self) -> &'static str {
        match self {
            Self::Variable | Self::Rest => "path",
            Self::Header(_) => "header",
            Self::Query | Self::QueryOrContent => "query",
            Self::Content | Self::File | Self::Elsewhere => "content",
        }
    }
}

/// The nearest rule wins: the argument's, then the struct's.
fn merge(mount: &Mount, parameter: &declaration::Parameter) -> declaration::Constraint {
    let further = mount.constraints.iter().filter(|constraint| constraint.name == parameter.name);
    further.fold(parameter.constraint, |nearer, further| nearer.or(further))
}
