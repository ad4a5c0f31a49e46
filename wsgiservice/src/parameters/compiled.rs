//! The parameters of an operation, compiled when the application is built.
//!
//! Where each parameter comes from and which rules it must satisfy is decided once, here and in
//! [`source`](super::source). The exchange binds arguments with it, and the documentation describes it.

use std::{borrow::Cow, iter};

use wsgiservice_grammar::{path::Path, rule::Rule};

use super::{member_rules::MemberRules, source::Source};
use crate::{
    content::{Member, Written},
    declaration::{self, Argument, Kind, Mount, Operation, TypeConstraint},
    problem::{
        place::Place,
        violation::{Code, Violation},
    },
    rules::{Checked, CompiledRule, InvalidRule},
};

/// The text of this violation is its reason.
const EMPTY: (Code, Cow<'static, str>) = (Code::Empty, Cow::Borrowed(""));

/// The parameters of an operation, in the order of its arguments.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    compiled: Vec<CompiledParameter>,
    /// The maximum number of values in a query, or of a list elsewhere.
    pub(super) elements: usize,
}

/// A parameter: an argument of a method or a hook.
#[derive(Debug)]
pub(crate) struct CompiledParameter {
    /// The name of the argument.
    pub(crate) name: &'static str,
    /// The name that a client sends: that of `#[from]`, or of the argument.
    pub(crate) key: &'static str,
    pub(crate) source: Source,
    /// What its text can be, if it is a value.
    pub(crate) kind: Option<Kind>,
    /// Whether a text converts to its type.
    converts: fn(&str) -> bool,
    notation: Notation,
    /// Its rules, in the order in which they are checked.
    pub(crate) rules: Vec<CompiledRule>,
    pub(crate) default: Option<Cow<'static, str>>,
    pub(crate) example: Option<Cow<'static, str>>,
    pub(crate) documentation: Option<&'static str>,
    pub(crate) is_optional: bool,
    pub(crate) is_repeated: bool,
    /// Whether it is absent if a client sends an empty text, as forms do for what was left empty: it is optional, and its
    /// type or a rule refuses the empty text.
    is_absent_if_empty: bool,
    /// Whether its value must not be shown.
    pub(crate) is_secret: bool,
    pub(crate) is_file: bool,
    /// Whether it is the key of a client, which is documented as a security scheme.
    pub(crate) is_key: bool,
    /// The rules on its members, if it is the content as a whole and its type has some.
    pub(super) member_rules: Option<MemberRules>,
}

/// What is checked of the text besides the rules and the type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Notation {
    Any,
    /// It is a number: a rule requires one, and the type does not.
    Number,
    /// If it is a whole number, it is written as such numbers are displayed, so that one resource has one URL.
    Canonical,
}

impl Parameters {
    /// Compiles the parameters of an operation at this path. If it `reads_members`, they may be members of the content.
    ///
    /// # Errors
    ///
    /// One text for each parameter that is wrong.
    pub(crate) fn new(
        mount: &Mount,
        path: &Path,
        operation: &Operation,
        reads_members: bool,
        elements: usize,
    ) -> Result<Self, Vec<String>> {
        let mut compiled = Vec::new();
        let mut errors = Vec::new();
        for parameter in operation.parameters {
            match CompiledParameter::new(mount, path, parameter, reads_members) {
                Ok(parameter) => compiled.push(parameter),
                Err(error) => errors
                    .push(format!("{}, parameter `{}`: {error}", operation.role, parameter.name)),
            }
        }
        if errors.is_empty() { Ok(Self { compiled, elements }) } else { Err(errors) }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &CompiledParameter> {
        self.compiled.iter()
    }

    /// Whether one of them may be in the content.
    pub(crate) fn are_in_content(&self) -> bool {
        self.iter().any(|parameter| {
            matches!(parameter.source, Source::QueryOrContent | Source::Content | Source::File)
        })
    }

    /// The parameter of this path variable.
    pub(crate) fn variable(&self, name: &str) -> Option<&CompiledParameter> {
        self.iter().find(|parameter| parameter.is_in_path() && parameter.key == name)
    }

    /// The parameter for the argument at this position.
    pub(crate) fn parameter(&self, index: usize) -> Option<&CompiledParameter> {
        self.compiled.get(index)
    }
}

impl CompiledParameter {
    fn new(
        mount: &Mount,
        path: &Path,
        parameter: &declaration::Parameter,
        reads_members: bool,
    ) -> Result<Self, String> {
        // The nearest first: that of the argument and its method, then those of the struct, then those of the type.
        let further = mount.constraints.iter().filter(|further| parameter.is_called(further.name));
        let of_type = match parameter.argument {
            Argument::Value { constraint, .. } => Some(constraint),
            _ => None,
        };
        let of_type = of_type.into_iter().flat_map(TypeConstraint::all);
        let constraints =
            || iter::once(&parameter.constraint).chain(further.clone()).chain(of_type.clone());
        let default = constraints().find_map(|constraint| constraint.default);
        let converts: fn(&str) -> bool = match parameter.argument {
            Argument::Value { converts, .. } => converts,
            _ => |_| true,
        };
        let (kind, is_optional, is_repeated) = match parameter.argument {
            Argument::Value { kind, optional, repeated, .. } => (Some(kind), optional, repeated),
            Argument::IdempotencyKey { optional } => (Some(Kind::Text(None)), optional, false),
            Argument::File { optional, repeated } => (None, optional, repeated),
            Argument::Content { optional } => (None, optional, false),
            _ => (None, false, false),
        };
        let source = Source::new(path, parameter, reads_members)?;
        let mut compiled = Self {
            name: parameter.name,
            key: parameter.key(),
            kind,
            converts,
            notation: Notation::Any,
            rules: rules(constraints()).map_err(|error| error.to_string())?,
            default: default.map(|default| default.text()),
            example: constraints().find_map(|constraint| constraint.example).map(|it| it.text()),
            documentation: constraints()
                .find_map(|constraint| constraint.documentation)
                .or(parameter.argument.documentation())
                .map(str::trim),
            is_optional,
            is_repeated,
            is_absent_if_empty: false,
            is_secret: matches!(
                parameter.argument,
                Argument::Value { secret: true, .. } | Argument::ApiKey { .. }
            ),
            is_file: matches!(source, Source::File),
            is_key: matches!(parameter.argument, Argument::ApiKey { .. }),
            member_rules: MemberRules::new((parameter.content)()),
            source,
        };
        compiled.notation = compiled.notation();
        if compiled.notation == Notation::Number {
            compiled.kind = Some(Kind::Number);
        }
        let narrowed = constraints().take_while(|it| it.example.is_none());
        let mut nearer = iter::once(&parameter.constraint).chain(further.clone());
        if nearer.all(|it| it.example.is_none())
            && narrowed.flat_map(|it| it.rules).next().is_some()
        {
            compiled.forget_unsuitable_example();
        }
        compiled.check_declaration()?;
        compiled.is_absent_if_empty =
            !(compiled.is_required() || is_repeated || compiled.accepts(""));
        Ok(compiled)
    }

    /// Removes the example of the type unless it satisfies the rules that are nearer: the type does not know those.
    fn forget_unsuitable_example(&mut self) {
        let example = self.example.take();
        self.example = example.filter(|example| self.accepts(example));
    }

    /// Checks that the default, the example and the values of `one_of` are values of the parameter.
    fn check_declaration(&self) -> Result<(), String> {
        for (what, value) in [("default", &self.default), ("example", &self.example)] {
            let Some(value) = value.as_deref() else { continue };
            self.check(value).map_err(|(_, reason)| {
                format!("the {what} \"{value}\" violates a rule. {reason}")
            })?;
            if !(self.converts)(value) {
                return Err(format!("the {what} \"{value}\" does not convert to its type"));
            }
        }
        let mut values = self.rules.iter().flat_map(CompiledRule::values);
        match values.find(|value| !(self.converts)(value)) {
            Some(value) => Err(format!("\"{value}\" in `one_of` does not convert to its type")),
            None => Ok(()),
        }
    }

    /// Whether a client sends it by name, as a value or a file, and it is documented as a parameter.
    pub(crate) fn is_named(&self) -> bool {
        !matches!(self.source, Source::Elsewhere) && !self.is_key
    }

    /// Whether a client must send it.
    pub(crate) fn is_required(&self) -> bool {
        self.is_in_path() || !(self.is_optional || self.is_repeated || self.default.is_some())
    }

    pub(crate) fn is_in_path(&self) -> bool {
        matches!(self.source, Source::Variable | Source::Rest)
    }

    /// Whether a text is a value of it, by its rules and its type. Of a list in the path, only the last segment is
    /// looked at: it alone can have an extension.
    pub(crate) fn accepts(&self, text: &str) -> bool {
        let text = match self.source {
            Source::Rest if self.is_repeated => text.rsplit('/').next().unwrap_or(text),
            _ => text,
        };
        self.check(text).is_ok() && (self.converts)(text)
    }

    /// Whether the text is that of a value that is absent.
    #[inline]
    pub(super) fn is_left_empty(&self, text: &str) -> bool {
        text.is_empty() && self.is_absent_if_empty
    }

    /// Whether an empty value is a violation, whatever the rules are: it is required and has a rule.
    pub(crate) fn must_not_be_empty(&self) -> bool {
        self.is_required() && !self.rules.is_empty()
    }

    /// Checks the text of a value: that it is not empty, then its rules and its notation.
    pub(super) fn check(&self, text: &str) -> Checked {
        if text.is_empty() && self.must_not_be_empty() {
            return Err(EMPTY);
        }
        self.rules.iter().try_for_each(|rule| rule.check(text))?;
        match self.notation {
            Notation::Any => Ok(()),
            Notation::Number => check_number(text),
            Notation::Canonical => self.check_canonical(text),
        }
    }

    /// Checks how a whole number is written. The type refuses other text.
    fn check_canonical(&self, text: &str) -> Checked {
        match canonical(text).filter(|_| (self.converts)(text)) {
            None => Ok(()),
            Some(canonical) => {
                let reason = format!("In a path, it must be written as {canonical}.");
                Err((Code::Invalid, reason.into()))
            }
        }
    }

    fn notation(&self) -> Notation {
        match self.kind {
            Some(Kind::Integer { .. }) if self.is_in_path() => Notation::Canonical,
            Some(Kind::Any) if self.rules.iter().any(CompiledRule::is_of_numbers) => {
                Notation::Number
            }
            _ => Notation::Any,
        }
    }

    /// Checks the size of a file, in bytes.
    pub(super) fn check_size(&self, size: usize) -> Checked {
        if size == 0 && self.must_not_be_empty() {
            return Err(EMPTY);
        }
        self.rules.iter().try_for_each(|rule| rule.check_size(size))
    }

    /// Why a member of the content cannot be this parameter, whatever its text is.
    pub(super) fn type_mismatch(&self, member: &Member) -> Option<(Code, &'static str)> {
        if member.is_listed && !self.is_repeated {
            return Some((Code::Repeated, "It must not be a list."));
        }
        let reason = match (member.written, self.kind?) {
            (Written::Null, _) => "An entry must not be null.",
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

    /// A violation of it, without the value if that is secret, or in a header field or a cookie, where credentials are.
    pub(super) fn violation(
        &self,
        place: Place,
        code: Code,
        value: &str,
        reason: &str,
    ) -> Violation {
        let is_hidden = self.is_secret || matches!(place, Place::Header | Place::Cookie);
        if is_hidden || value.trim().is_empty() {
            return Violation::without_value(self.key, place, code, reason);
        }
        Violation::new(self.key, place, code, value, reason)
    }
}

fn check_number(text: &str) -> Checked {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(()),
        _ => Err((Code::Invalid, "It must be a number.".into())),
    }
}

/// How a whole number is displayed, if it is written in another way: with a `+`, leading zeros, or a minus sign before zero.
fn canonical(text: &str) -> Option<Cow<'_, str>> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_canonical = match digits {
        "0" => text == "0",
        _ => !(digits.starts_with('0') || text.starts_with('+')),
    };
    if is_canonical {
        return None;
    }
    Some(match digits.trim_start_matches('0') {
        "" => Cow::Borrowed("0"),
        significant if text.starts_with('-') => Cow::Owned(format!("-{significant}")),
        significant => Cow::Borrowed(significant),
    })
}

/// Compiles the rules of several constraints. The nearest comes first, and wins.
fn rules<'c>(
    constraints: impl Iterator<Item = &'c declaration::Constraint>,
) -> Result<Vec<CompiledRule>, InvalidRule> {
    let mut rules: Vec<&Rule<'static>> = Vec::new();
    for rule in constraints.flat_map(|constraint| constraint.rules) {
        if !rules.iter().any(|nearer| nearer.is_same_rule(rule)) {
            rules.push(rule);
        }
    }
    let mut compiled = rules.into_iter().map(CompiledRule::new).collect::<Result<Vec<_>, _>>()?;
    compiled.sort_by_key(CompiledRule::check_order);
    Ok(compiled)
}

#[cfg(test)]
mod tests {
    use wsgiservice_grammar::rule;

    use super::*;
    use crate::declaration::{Constraint, ContentType, From, Literal};

    const NEARER: Constraint = Constraint {
        rules: &[rule::new::re("[a-z]+"), rule::new::len(1, 2)],
        ..Constraint::none("word")
    };
    const FURTHER: Constraint = Constraint {
        rules: &[rule::new::re("[0-9]+"), rule::new::one_of(&["a", "b", "abc"])],
        documentation: Some("A word."),
        ..Constraint::none("word")
    };
    const TEXT: Argument = Argument::Value {
        kind: Kind::Text(None),
        converts: |_| true,
        constraint: &TypeConstraint::NONE,
        optional: false,
        repeated: false,
        secret: false,
    };

    fn compiled(
        path: &'static str,
        parameter: declaration::Parameter,
    ) -> Result<CompiledParameter, String> {
        let mount = Mount { path, constraints: &[FURTHER], ..Mount::INVALID };
        let path = Path::parse(path).expect("a path");
        CompiledParameter::new(&mount, &path, &parameter, true)
    }

    fn parameter(argument: Argument, constraint: Constraint) -> declaration::Parameter {
        declaration::Parameter {
            name: "word",
            argument,
            content: ContentType::default,
            from: From::Name,
            constraint,
        }
    }

    fn violation(parameter: &CompiledParameter, text: &str) -> Option<Code> {
        parameter.check(text).err().map(|(code, _)| code)
    }

    #[test]
    fn the_nearest_rule_wins() {
        let word = compiled("/", parameter(TEXT, NEARER)).expect("a parameter");
        assert_eq!(violation(&word, "a"), None);
        assert_eq!(violation(&word, "1"), Some(Code::Rule("pattern")));
        assert_eq!(violation(&word, "c"), Some(Code::Rule("one_of")));
        assert_eq!(word.documentation, Some("A word."));
    }

    #[test]
    fn the_length_is_checked_first() {
        let word = compiled("/", parameter(TEXT, NEARER)).expect("a parameter");
        assert_eq!(violation(&word, "123"), Some(Code::Rule("length")));
    }

    #[test]
    fn a_required_value_with_a_rule_is_not_empty() {
        let word = compiled("/", parameter(TEXT, NEARER)).expect("a parameter");
        assert_eq!(violation(&word, ""), Some(Code::Empty));
        assert!(!word.is_absent_if_empty);
    }

    #[test]
    fn an_optional_value_that_cannot_be_empty_is_absent_if_it_is() {
        const SHORT: &[Rule<'static>] = &[rule::new::len(0, 2)];
        const NOT_EMPTY: &[Rule<'static>] = &[rule::new::len(1, 2)];
        let is_absent = |converts: fn(&str) -> bool, rules| {
            let argument = Argument::Value {
                kind: Kind::Any,
                converts,
                constraint: &TypeConstraint::NONE,
                optional: true,
                repeated: false,
                secret: false,
            };
            let constraint = Constraint { rules, ..Constraint::none("other") };
            let other = declaration::Parameter { name: "other", ..parameter(argument, constraint) };
            compiled("/", other).expect("a parameter").is_absent_if_empty
        };
        assert!(is_absent(|text| !text.is_empty(), &[]));
        assert!(is_absent(|_| true, NOT_EMPTY));
        assert!(!is_absent(|_| true, SHORT));
        assert!(!is_absent(|_| true, &[]));
    }

    #[test]
    fn the_values_of_a_declaration_convert_to_the_type() {
        let argument = Argument::Value {
            kind: Kind::Text(Some("uuid")),
            converts: |text| text == "b",
            constraint: &TypeConstraint::NONE,
            optional: false,
            repeated: false,
            secret: false,
        };
        let error =
            compiled("/", parameter(argument, Constraint::none("word"))).expect_err("one_of");
        assert_eq!(error, "\"a\" in `one_of` does not convert to its type");
    }

    #[test]
    fn a_whole_number_is_canonical_as_it_is_displayed() {
        for number in [0, 1, -1, 10, -10, i64::MAX, i64::MIN] {
            assert_eq!(canonical(&number.to_string()), None, "{number}");
        }
        for (text, expected) in
            [("01", "1"), ("+1", "1"), ("-01", "-1"), ("00", "0"), ("-0", "0"), ("+0", "0")]
        {
            assert_eq!(canonical(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_default_satisfies_the_rules() {
        let default = Some(Literal::Text("1"));
        let error =
            compiled("/", parameter(TEXT, Constraint { default, ..NEARER })).expect_err("an error");
        assert_eq!(error, "the default \"1\" violates a rule. It must match [a-z]+.");
    }
}
