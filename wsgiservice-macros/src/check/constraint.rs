//! Rules, defaults and examples: each by itself, and the values with the rules beside them.

use syn::{Attribute, Data, Fields, spanned::Spanned};
use wsgiservice_grammar::{format::Format, rule::Rule, similar::nearest, value};

use crate::{
    expression::Expression,
    input::{Errors, function::Function, in_backticks, is_named, setting::Setting},
    model::{self, Constraint, Literal, Operand, Value},
};

/// Checks a constraint by itself.
pub(crate) fn constraint(constraint: &Constraint, errors: &mut Errors) {
    rules(&constraint.rules, errors);
    for (name, value) in [("default", &constraint.default), ("example", &constraint.example)] {
        if let Some(literal) = value.as_ref().and_then(Value::literal) {
            self::value(constraint, name, literal, errors);
        }
    }
}

/// Checks each rule by itself.
fn rules(rules: &[model::Rule], errors: &mut Errors) {
    for rule in rules {
        let problem = malformed(&rule.operand).or_else(|| rule.ask(impossible).flatten());
        if let Some(problem) = problem {
            errors.at(rule.span(), problem);
        }
    }
}

/// Checks the rules of a setting, and its default with them.
pub(crate) fn setting(setting: &Setting, errors: &mut Errors) {
    rules(&setting.rules, errors);
    for literal in setting.default.iter().flat_map(|default| &default.literals) {
        if let Some(text) = literal.text()
            && let Some(value) = literal.value(&text)
        {
            satisfies(&setting.rules, "default", &value, literal, errors);
        }
    }
}

/// Checks that the constraint of an argument with a documentation comment has no documentation of its own.
pub(crate) fn documented_once(constraint: &Constraint, errors: &mut Errors) {
    if let Some(documentation) = &constraint.documentation {
        let message = format!(
            "`{}` is documented twice: keep the documentation comment, or `doc`",
            constraint.name
        );
        errors.at(documentation.span(), message);
    }
}

/// Checks a constraint on a struct.
pub(crate) fn struct_constraint(constraint: &Constraint, errors: &mut Errors) {
    self::constraint(constraint, errors);
    if let Some(path) = &constraint.convert {
        let message = "`convert` is not allowed on a struct: move it to a method or an argument";
        errors.at(path.span(), message);
    }
}

/// Checks a constraint of a type.
pub(crate) fn type_constraint(constraint: &Constraint, errors: &mut Errors) {
    self::constraint(constraint, errors);
    let convert = constraint.convert.as_ref().map(|path| ("convert", path.span()));
    let default = constraint.default.as_ref().map(|value| ("default", value.span()));
    for (name, span) in convert.into_iter().chain(default) {
        errors.at(span, format!("`{name}` is not allowed on a type: move it to the argument"));
    }
}

/// Reports a `#[validate]` in a type, which would not be read.
pub(crate) fn inner_constraints(data: &Data, errors: &mut Errors) {
    let fields = |fields: &Fields| fields.iter().flat_map(|it| it.attrs.clone()).collect();
    let attributes: Vec<Attribute> = match data {
        Data::Struct(data) => fields(&data.fields),
        Data::Enum(data) => data.variants.iter().flat_map(|it| it.attrs.clone()).collect(),
        Data::Union(_) => Vec::new(),
    };
    for attribute in attributes.iter().filter(|attribute| is_named(attribute, "validate")) {
        let message = "`#[validate]` is about the type as a whole: move it above the type";
        errors.push(syn::Error::new_spanned(attribute, message));
    }
}

/// Checks that a constraint on a method names an argument.
pub(crate) fn names_argument(
    constraint: &Constraint,
    function: &Function,
    errors: &mut Errors,
) -> bool {
    let known = function.arguments.iter().any(|argument| argument.ident == constraint.name);
    if !known {
        let message =
            format!("function `{}` has no argument `{}`", function.ident, constraint.name);
        errors.at(constraint.name.span(), message);
    }
    known
}

/// Why an operand is not a value of its shape.
fn malformed(operand: &Operand) -> Option<String> {
    let problem = match operand {
        Operand::Number(number) if is_not(number, |it| it.bound().is_some()) => "expected a number",
        Operand::Length(range) | Operand::Range(range) if range.is_half_open() => {
            "expected a range that includes its end: `1..=100`"
        }
        Operand::Length(range)
            if range.ends().any(|end| is_not(end, |it| it.length().is_some())) =>
        {
            "expected a range of whole numbers: `1..=100`"
        }
        Operand::Range(range) if range.ends().any(|end| is_not(end, |it| it.bound().is_some())) => {
            "expected a range of numbers: `1..=100`"
        }
        Operand::Format(name) if Format::named(&name.value()).is_none() => {
            return Some(unknown_format(&name.value()));
        }
        _ => return None,
    };
    Some(problem.to_owned())
}

/// Whether a value is a literal, and not such a one. Of a constant, only the compiler knows.
fn is_not(value: &Value, is_right: fn(&Literal) -> bool) -> bool {
    value.literal().is_some_and(|literal| !is_right(literal))
}

fn unknown_format(name: &str) -> String {
    let names = || Format::ALL.iter().map(|format| format.name());
    let help = nearest(name, names()).map(|near| format!("; did you mean `{near}`?"));
    format!(
        "unknown format `{name}`, expected one of {}{}",
        in_backticks(names()),
        help.unwrap_or_default()
    )
}

/// Why no value can satisfy a rule.
fn impossible(rule: &Rule<'_>) -> Option<String> {
    match rule {
        Rule::Re(expression) => {
            let error = Expression::new(expression).err()?;
            Some(format!("invalid regular expression: {error}"))
        }
        rule if !rule.is_satisfiable() => Some(format!("no value satisfies `{}`", rule.name())),
        _ => None,
    }
}

/// Checks a default or an example with the rules beside it.
fn value(constraint: &Constraint, name: &str, literal: &Literal, errors: &mut Errors) {
    let text = literal.text();
    let Some(value) = text.as_deref().and_then(|text| literal.value(text)) else {
        let message = format!("the {name} must be a string, a number, `true` or `false`");
        errors.at(literal.span(), message);
        return;
    };
    if value.text().is_empty() {
        errors.at(literal.span(), format!("the {name} must not be empty"));
    }
    satisfies(&constraint.rules, name, &value, literal, errors);
}

fn satisfies(
    rules: &[model::Rule],
    name: &str,
    value: &value::Literal<'_>,
    literal: &Literal,
    errors: &mut Errors,
) {
    for rule in rules {
        if rule.ask(|rule| allows(rule, value)) == Some(false) {
            let message = format!("the {name} `{}` violates rule `{}`", value.text(), rule.name);
            errors.at(literal.span(), message);
        }
    }
}

/// Whether a rule allows a value. The grammar has no engine for `re`, so that is matched here.
fn allows(rule: &Rule<'_>, value: &value::Literal<'_>) -> bool {
    match rule {
        Rule::Re(expression) => {
            Expression::new(expression).map_or(true, |expression| expression.matches(&value.text()))
        }
        rule => rule.allows(value),
    }
}
