//! Questions about the tables of `#[mount]` and `#[resource]`, which the compiler answers.
//!
//! The macros write a constant for each question, with an error message at the author's token. Nothing here is called at
//! run time.

use wsgiservice_grammar::text::{among, same};

use super::{
    Argument, Constraint, From, Literal, Mount, Operation, Operations, Parameter, Role, Rule,
    TypeConstraint,
};

/// Whether a method or a hook has an argument of this name.
#[must_use]
pub const fn takes(resource: &Operations, name: &str) -> bool {
    let mut operations = resource.operations;
    while let [operation, rest @ ..] = operations {
        if argument(operation, name).is_some() {
            return true;
        }
        operations = rest;
    }
    !resource.valid
}

/// Whether the resource has this method.
#[must_use]
pub const fn has_method(resource: &Operations, name: &str) -> bool {
    let mut operations = resource.operations;
    while let [operation, rest @ ..] = operations {
        if let Role::Method(method) = operation.role
            && same(method, name)
        {
            return true;
        }
        operations = rest;
    }
    !resource.valid
}

/// Whether a method or a hook has an argument for this path variable.
#[must_use]
pub const fn takes_variable(resource: &Operations, name: &str) -> bool {
    let mut operations = resource.operations;
    while let [operation, rest @ ..] = operations {
        let mut parameters = operation.parameters;
        while let [parameter, rest @ ..] = parameters {
            if is_variable(parameter, name) {
                return true;
            }
            parameters = rest;
        }
        operations = rest;
    }
    !resource.valid
}

/// Whether the path has a variable of this name.
#[must_use]
pub const fn has_variable(mount: &Mount, name: &str) -> bool {
    among(mount.variables, name) || !mount.valid
}

/// Whether an argument is the path variable of this name, if the path has one.
const fn is_variable(parameter: &Parameter, name: &str) -> bool {
    matches!(parameter.from, From::Name | From::Path(_)) && same(parameter.key(), name)
}

/// Whether a hook can have the argument: a path variable, a parameter of a method, or not a parameter.
#[must_use]
pub const fn suits_hook(
    mount: &Mount,
    resource: &Operations,
    name: &str,
    argument: &Argument,
) -> bool {
    let mut operations = resource.operations;
    while let [operation, rest @ ..] = operations {
        if matches!(operation.role, Role::Method(_)) && self::argument(operation, name).is_some() {
            return true;
        }
        operations = rest;
    }
    !is_value(argument) || !mount.valid || among(mount.variables, name)
}

/// Whether the resource defines a representation with this extension.
#[must_use]
pub const fn is_represented(resource: &Operations, name: &str) -> bool {
    let mut representations = resource.representations;
    while let [own, rest @ ..] = representations {
        if is_extension(own.extension, name) {
            return true;
        }
        representations = rest;
    }
    !resource.valid
}

/// Whether the extension is a dot and the name.
const fn is_extension(extension: &str, name: &str) -> bool {
    match extension.split_at_checked(1) {
        Some((dot, rest)) => same(dot, ".") && same(rest, name),
        None => false,
    }
}

/// Whether the argument may be a path variable, or is not one. A path variable is never absent, and never secret.
#[must_use]
pub const fn suits_path(mount: &Mount, parameter: &Parameter) -> bool {
    let is_in_path = mount.valid && among(mount.variables, parameter.key());
    !is_in_path
        || !matches!(
            parameter.argument,
            Argument::Value { optional: true, .. } | Argument::Value { secret: true, .. }
        )
}

/// Whether an argument of this type can come from the source that its `#[from]` names.
#[must_use]
pub const fn suits_source(parameter: &Parameter) -> bool {
    match (parameter.from, &parameter.argument) {
        (From::Name, _)
        | (From::Header(_) | From::Cookie(_) | From::Content(_), Argument::Value { .. })
        | (From::Header(_) | From::Cookie(_) | From::Query(_), Argument::ApiKey { .. })
        | (From::Content(_), Argument::File { .. }) => true,
        (From::Query(_), Argument::Value { secret, .. }) => !*secret,
        (From::Path(_), Argument::Value { secret, optional, .. }) => !*secret && !*optional,
        _ => false,
    }
}

/// Whether the argument is not the key of a client, which needs a source.
#[must_use]
pub const fn needs_no_source(argument: &Argument) -> bool {
    !matches!(argument, Argument::ApiKey { .. })
}

/// Whether the argument is the content of the request.
#[must_use]
pub const fn is_content(argument: &Argument) -> bool {
    matches!(argument, Argument::Content { .. } | Argument::Bytes) || is_read_by_method(argument)
}

/// Whether the argument comes only from the content.
#[must_use]
pub const fn needs_content(parameter: &Parameter) -> bool {
    is_content(&parameter.argument) || is_member(parameter)
}

/// Whether the argument is a member of the content, and cannot be anything else.
const fn is_member(parameter: &Parameter) -> bool {
    match parameter.from {
        From::Name => matches!(
            parameter.argument,
            Argument::Value { secret: true, .. } | Argument::File { .. }
        ),
        From::Content(_) => true,
        From::Path(_) | From::Query(_) | From::Header(_) | From::Cookie(_) => false,
    }
}

/// Whether the argument consumes the content as a stream.
const fn is_read_by_method(argument: &Argument) -> bool {
    matches!(argument, Argument::Stream | Argument::Form)
}

/// Whether one argument consumes the content that the other needs.
#[must_use]
pub const fn content_conflicts(one: &Parameter, other: &Parameter) -> bool {
    (is_read_by_method(&one.argument) && is_member(other))
        || (is_read_by_method(&other.argument) && is_member(one))
}

/// Whether the argument is a value that a client sends by name.
#[must_use]
pub const fn is_value(argument: &Argument) -> bool {
    matches!(argument, Argument::Value { .. })
}

/// Whether a client sends the argument by name, as a value or a file.
#[must_use]
pub const fn is_named(argument: &Argument) -> bool {
    matches!(argument, Argument::Value { .. } | Argument::File { .. })
}

/// Whether a client sends every argument of this name by name.
#[must_use]
pub const fn is_named_everywhere(resource: &Operations, name: &str) -> bool {
    let mut operations = resource.operations;
    while let [operation, rest @ ..] = operations {
        if let Some(argument) = argument(operation, name)
            && !is_named(argument)
        {
            return false;
        }
        operations = rest;
    }
    true
}

/// Whether a rule of the struct applies to every argument of this name.
#[must_use]
pub const fn applies_everywhere(resource: &Operations, name: &str, rule: &Rule<'_>) -> bool {
    let mut operations = resource.operations;
    while let [operation, rest @ ..] = operations {
        if let Some(argument) = argument(operation, name)
            && !applies(argument, rule)
        {
            return false;
        }
        operations = rest;
    }
    true
}

/// Whether a rule applies to an argument.
#[must_use]
pub const fn applies(argument: &Argument, rule: &Rule<'_>) -> bool {
    match argument {
        Argument::Value { kind, .. } => rule.fits(kind),
        Argument::File { .. } => rule.fits_file(),
        _ => false,
    }
}

/// Whether a text can be a value of every argument of this name.
#[must_use]
pub const fn allows_everywhere(resource: &Operations, name: &str, text: &str) -> bool {
    let mut operations = resource.operations;
    while let [operation, rest @ ..] = operations {
        if let Some(argument) = argument(operation, name)
            && !allows(argument, text)
        {
            return false;
        }
        operations = rest;
    }
    true
}

/// Whether a text can be a value of the argument; what has no values allows all texts, and has another error.
#[must_use]
pub const fn allows(argument: &Argument, text: &str) -> bool {
    match argument {
        Argument::Value { kind, .. } => kind.allows(text),
        _ => true,
    }
}

/// Whether the default of a struct's constraint fits the type of every argument of its name.
#[must_use]
pub const fn default_fits_everywhere(
    resource: &Operations,
    name: &str,
    constraint: &Constraint,
) -> bool {
    literal_fits_everywhere(resource, name, constraint.default.as_ref())
}

/// Whether the example of a struct's constraint fits the type of every argument of its name.
#[must_use]
pub const fn example_fits_everywhere(
    resource: &Operations,
    name: &str,
    constraint: &Constraint,
) -> bool {
    literal_fits_everywhere(resource, name, constraint.example.as_ref())
}

const fn literal_fits_everywhere(
    resource: &Operations,
    name: &str,
    literal: Option<&Literal<'_>>,
) -> bool {
    let mut operations = resource.operations;
    while let [operation, rest @ ..] = operations {
        if let Some(argument) = argument(operation, name)
            && !literal_fits(argument, literal)
        {
            return false;
        }
        operations = rest;
    }
    true
}

/// Whether the default fits the type of the argument.
#[must_use]
pub const fn default_fits(argument: &Argument, constraint: &Constraint) -> bool {
    literal_fits(argument, constraint.default.as_ref())
}

/// Whether the example fits the type of the argument.
#[must_use]
pub const fn example_fits(argument: &Argument, constraint: &Constraint) -> bool {
    literal_fits(argument, constraint.example.as_ref())
}

const fn literal_fits(argument: &Argument, literal: Option<&Literal<'_>>) -> bool {
    match (argument, literal) {
        (Argument::Value { kind, .. }, Some(literal)) => literal.fits(kind),
        (_, Some(_)) => false,
        (_, None) => true,
    }
}

/// Whether an argument of this name is an `Option`.
#[must_use]
pub const fn is_optional_somewhere(resource: &Operations, name: &str) -> bool {
    let mut operations = resource.operations;
    while let [operation, rest @ ..] = operations {
        if let Some(argument) = argument(operation, name)
            && is_optional(argument)
        {
            return true;
        }
        operations = rest;
    }
    false
}

/// Whether the argument is an `Option` of a value.
#[must_use]
pub const fn is_optional(argument: &Argument) -> bool {
    matches!(argument, Argument::Value { optional: true, .. })
}

/// Whether no method or hook has an argument for the path variable of this name.
#[must_use]
pub const fn is_missing(mount: &Mount, resource: &Operations, name: &str) -> bool {
    mount.valid && among(mount.variables, name) && !takes(resource, name)
}

/// Whether the default of an argument satisfies the rules of the struct, as far as the compiler can tell.
#[must_use]
pub const fn default_keeps(mount: &Mount, constraint: &Constraint) -> bool {
    literal_keeps(mount, constraint, constraint.default.as_ref())
}

/// Whether the example of an argument satisfies the rules of the struct, as far as the compiler can tell.
#[must_use]
pub const fn example_keeps(mount: &Mount, constraint: &Constraint) -> bool {
    literal_keeps(mount, constraint, constraint.example.as_ref())
}

const fn literal_keeps(
    mount: &Mount,
    constraint: &Constraint,
    literal: Option<&Literal<'_>>,
) -> bool {
    let Some(literal) = literal else { return true };
    let mut constraints = mount.constraints;
    while let [further, rest @ ..] = constraints {
        if same(further.name, constraint.name) && !keeps(literal, constraint.rules, further.rules) {
            return false;
        }
        constraints = rest;
    }
    true
}

/// Whether a literal satisfies the rules of the struct that no nearer rule replaces.
const fn keeps(
    literal: &Literal<'_>,
    nearer: &[Rule<'static>],
    mut further: &[Rule<'static>],
) -> bool {
    while let [rule, rest @ ..] = further {
        if !has(nearer, rule) && !rule.allows(literal) {
            return false;
        }
        further = rest;
    }
    true
}

/// Whether the default of an argument satisfies the rules of its type, as far as the compiler can tell.
#[must_use]
pub const fn default_suits_type(mount: &Mount, parameter: &Parameter) -> bool {
    literal_suits_type(mount, parameter, parameter.constraint.default.as_ref())
}

/// Whether the example of an argument satisfies the rules of its type, as far as the compiler can tell.
#[must_use]
pub const fn example_suits_type(mount: &Mount, parameter: &Parameter) -> bool {
    literal_suits_type(mount, parameter, parameter.constraint.example.as_ref())
}

const fn literal_suits_type(
    mount: &Mount,
    parameter: &Parameter,
    literal: Option<&Literal<'_>>,
) -> bool {
    let (Some(literal), Argument::Value { constraint, .. }) = (literal, &parameter.argument) else {
        return true;
    };
    let mut level: Option<&TypeConstraint> = Some(*constraint);
    while let Some(further) = level {
        let mut rules = further.own.rules;
        while let [rule, rest @ ..] = rules {
            let is_replaced = has(parameter.constraint.rules, rule)
                || is_replaced_on_struct(mount, parameter, rule)
                || is_replaced_in_type(constraint, further, rule);
            if !is_replaced && !rule.allows(literal) {
                return false;
            }
            rules = rest;
        }
        level = further.inner;
    }
    true
}

const fn is_replaced_on_struct(mount: &Mount, parameter: &Parameter, rule: &Rule<'static>) -> bool {
    let mut constraints = mount.constraints;
    while let [nearer, rest @ ..] = constraints {
        if parameter.is_called(nearer.name) && has(nearer.rules, rule) {
            return true;
        }
        constraints = rest;
    }
    false
}

/// Whether a type that is nearer to the argument than this one has the rule.
const fn is_replaced_in_type(
    mut nearer: &TypeConstraint,
    further: &TypeConstraint,
    rule: &Rule<'static>,
) -> bool {
    while nearer.depth() > further.depth() {
        if has(nearer.own.rules, rule) {
            return true;
        }
        match nearer.inner {
            Some(inner) => nearer = inner,
            None => return false,
        }
    }
    false
}

/// Whether a default or an example satisfies rules, as far as the compiler can tell.
#[must_use]
pub const fn satisfies(literal: &Option<Literal<'_>>, rules: &[Rule<'static>]) -> bool {
    match literal {
        Some(literal) => keeps(literal, &[], rules),
        None => true,
    }
}

const fn has(mut rules: &[Rule<'static>], rule: &Rule<'static>) -> bool {
    while let [first, rest @ ..] = rules {
        if first.is_same_rule(rule) {
            return true;
        }
        rules = rest;
    }
    false
}

/// An argument of this name, or the argument for the path variable of this name.
const fn argument<'a>(operation: &'a Operation, name: &str) -> Option<&'a Argument> {
    let mut parameters = operation.parameters;
    while let [parameter, rest @ ..] = parameters {
        if parameter.is_called(name) {
            return Some(&parameter.argument);
        }
        parameters = rest;
    }
    None
}
