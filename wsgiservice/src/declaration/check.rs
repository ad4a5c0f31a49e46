//! What the compiler checks between `#[mount]` and `#[resource]`.
//!
//! Each function answers one question about the tables; the macros ask it in a `const`, and put what is wrong, in
//! words, at the author's own token. Nothing here runs at run time.

use super::{Argument, Bound, Constraint, Default, Kind, Mount, Operation, Operations, Role};

/// Whether some method or hook takes the parameter.
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

/// Whether a hook can be given the argument: a path variable, a parameter of some method, or no value at all.
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

/// Whether the resource has a representation of its own with this extension.
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

/// Whether the one, without the dot before it, is the other.
const fn is_extension(extension: &str, name: &str) -> bool {
    let mut bytes = extension.as_bytes();
    if let [b'.', rest @ ..] = bytes {
        bytes = rest;
    }
    same_bytes(bytes, name.as_bytes())
}

/// Whether the argument is not in the path, or may be: what is there is never absent, and seen by everybody.
#[must_use]
pub const fn suits_path(mount: &Mount, name: &str, argument: &Argument) -> bool {
    let is_in_path = mount.valid && among(mount.variables, name);
    !is_in_path
        || !matches!(
            argument,
            Argument::Value { optional: true, .. } | Argument::Value { secret: true, .. }
        )
}

/// Whether the argument is the content of the request.
#[must_use]
pub const fn is_content(argument: &Argument) -> bool {
    matches!(argument, Argument::Content { .. } | Argument::Bytes) || is_read_by_method(argument)
}

/// Whether the argument comes from the content, and from there alone.
#[must_use]
pub const fn needs_content(argument: &Argument) -> bool {
    is_content(argument)
        || matches!(argument, Argument::Value { secret: true, .. } | Argument::File { .. })
}

/// Whether the argument is the content as it comes, so that nothing else can be found there.
const fn is_read_by_method(argument: &Argument) -> bool {
    matches!(argument, Argument::Stream | Argument::Form)
}

/// Whether the one argument reads the content from which the other comes.
#[must_use]
pub const fn reads_away(one: &Argument, other: &Argument) -> bool {
    (is_read_by_method(one) && needs_content(other) && !is_content(other))
        || (is_read_by_method(other) && needs_content(one) && !is_content(one))
}

/// Whether the argument is a value that a client gives by name.
#[must_use]
pub const fn is_value(argument: &Argument) -> bool {
    matches!(argument, Argument::Value { .. })
}

/// Whether a constraint on every argument of this name fits the type of each, `range` on numbers and `len` on text.
#[must_use]
pub const fn fits_everywhere(resource: &Operations, constraint: &Constraint) -> bool {
    let mut operations = resource.operations;
    while let [operation, rest @ ..] = operations {
        if let Some(argument) = argument(operation, constraint.name)
            && !fits(argument, constraint)
        {
            return false;
        }
        operations = rest;
    }
    true
}

/// Whether a constraint fits the type of an argument, `range` on numbers and `len` on text.
#[must_use]
pub const fn fits(argument: &Argument, constraint: &Constraint) -> bool {
    match argument {
        Argument::Value { kind, .. } => match kind {
            Kind::Integer { .. } | Kind::Number => constraint.len.is_none(),
            Kind::Text(None) | Kind::Any => true,
            Kind::Text(Some(_)) | Kind::Boolean | Kind::Choice(_) => constraint.range.is_none(),
        },
        Argument::File { .. } => {
            constraint.re.is_none()
                && constraint.range.is_none()
                && constraint.one_of.is_none()
                && constraint.format.is_none()
                && constraint.default.is_none()
        }
        Argument::Content { .. }
        | Argument::Bytes
        | Argument::Stream
        | Argument::Form
        | Argument::Request
        | Argument::Preconditions => !constraint.declared,
    }
}

/// Whether the default of a struct's constraint is of the type of every argument of its name.
#[must_use]
pub const fn default_fits_everywhere(resource: &Operations, constraint: &Constraint) -> bool {
    let mut operations = resource.operations;
    while let [operation, rest @ ..] = operations {
        if let Some(argument) = argument(operation, constraint.name)
            && !default_fits(argument, constraint)
        {
            return false;
        }
        operations = rest;
    }
    true
}

/// Whether the default is of the argument's type.
#[must_use]
pub const fn default_fits(argument: &Argument, constraint: &Constraint) -> bool {
    let (Argument::Value { kind, .. }, Some(default)) = (argument, &constraint.default) else {
        return true;
    };
    match (kind, default) {
        (Kind::Integer { minimum, maximum }, Default::Integer(value, _)) => {
            *minimum <= *value && *value <= *maximum
        }
        (Kind::Number, Default::Integer(..) | Default::Number(..))
        | (Kind::Boolean, Default::Boolean(_))
        | (Kind::Text(_), Default::Text(_)) => true,
        (Kind::Choice(words), Default::Text(text)) => among(words, text),
        _ => false,
    }
}

/// Whether the default of an argument keeps the constraints of the struct that can be compared at compile time.
#[must_use]
pub const fn default_keeps(mount: &Mount, constraint: &Constraint) -> bool {
    let mut constraints = mount.constraints;
    while let [further, rest @ ..] = constraints {
        if same(further.name, constraint.name) && !keeps(constraint, further) {
            return false;
        }
        constraints = rest;
    }
    true
}

const fn keeps(nearer: &Constraint, further: &Constraint) -> bool {
    let Some(default) = &nearer.default else { return true };
    let in_range = match (nearer.range, &further.range) {
        (None, Some((least, most))) => within(default, least, most),
        _ => true,
    };
    let listed = match (nearer.one_of, further.one_of) {
        (None, Some(values)) => among(values, default.text()),
        _ => true,
    };
    let long_enough = match (nearer.len, &further.len) {
        (None, Some((least, most))) => {
            let length = characters(default.text());
            *least <= length && length <= *most
        }
        _ => true,
    };
    in_range && listed && long_enough
}

/// All bytes but those that go on with a character.
const fn characters(text: &str) -> usize {
    let mut bytes = text.as_bytes();
    let mut count = 0;
    while let [byte, rest @ ..] = bytes {
        if *byte & 0xc0 != 0x80 {
            count += 1;
        }
        bytes = rest;
    }
    count
}

const fn within(default: &Default, least: &Bound, most: &Bound) -> bool {
    let value = match default {
        Default::Integer(value, _) => *value as f64,
        Default::Number(value, _) => *value,
        Default::Boolean(_) | Default::Text(_) => return true,
    };
    at_least(value, least) && at_most(value, most)
}

const fn at_least(value: f64, bound: &Bound) -> bool {
    match bound {
        Bound::Open => true,
        Bound::Integer(bound) => *bound as f64 <= value,
        Bound::Number(bound) => *bound <= value,
    }
}

const fn at_most(value: f64, bound: &Bound) -> bool {
    match bound {
        Bound::Open => true,
        Bound::Integer(bound) => value <= *bound as f64,
        Bound::Number(bound) => value <= *bound,
    }
}

const fn argument<'a>(operation: &'a Operation, name: &str) -> Option<&'a Argument> {
    let mut parameters = operation.parameters;
    while let [parameter, rest @ ..] = parameters {
        if same(parameter.name, name) {
            return Some(&parameter.argument);
        }
        parameters = rest;
    }
    None
}

const fn among(mut words: &[&str], text: &str) -> bool {
    while let [word, rest @ ..] = words {
        if same(word, text) {
            return true;
        }
        words = rest;
    }
    false
}

const fn same(one: &str, other: &str) -> bool {
    same_bytes(one.as_bytes(), other.as_bytes())
}

const fn same_bytes(mut one: &[u8], mut other: &[u8]) -> bool {
    while let ([a, one_rest @ ..], [b, other_rest @ ..]) = (one, other) {
        if *a != *b {
            return false;
        }
        (one, other) = (one_rest, other_rest);
    }
    one.is_empty() && other.is_empty()
}
