//! The rules of `#[validate]`, compiled.
//!
//! Each has a file, which checks a value, describes the rule in words, and adds it to a schema. To add a rule, add a file,
//! a variant and its arms here; the rest of the runtime does not know one rule from another.

mod expression;
mod format;
mod len;
mod multiple_of;
mod one_of;
mod range;
mod re;
pub(crate) mod rfc3339;

use std::borrow::Cow;

use serde_json::{Map, Value};
use thiserror::Error;
use wsgiservice_grammar::{bound::Bound, rule::Rule};

use self::{
    format::Format, len::Len, multiple_of::MultipleOf, one_of::OneOf, range::Range, re::Re,
};
use crate::problem::violation::Code;

/// A rule, compiled.
#[derive(Debug)]
pub(crate) enum CompiledRule {
    Re(Re),
    Len(Len),
    Range(Range),
    MultipleOf(MultipleOf),
    OneOf(OneOf),
    Format(Format),
}

/// The result of a check: the violation has a code and a sentence for the client.
pub(crate) type Checked = Result<(), (Code, Cow<'static, str>)>;

/// Why a rule cannot be compiled.
#[derive(Debug, Error)]
pub(crate) enum InvalidRule {
    #[error("invalid regular expression: {0}")]
    Expression(#[from] regex::Error),
}

impl CompiledRule {
    /// Compiles a rule.
    ///
    /// # Errors
    ///
    /// If a regular expression is malformed.
    pub(crate) fn new(rule: &Rule<'static>) -> Result<Self, InvalidRule> {
        Ok(match *rule {
            Rule::Re(expression) => Self::Re(Re::new(expression)?),
            Rule::Len { least, most } => Self::Len(Len::new(least, most)),
            Rule::Range { least, most } => Self::Range(Range::new(least, most)),
            Rule::MultipleOf(step) => Self::MultipleOf(MultipleOf::new(step)),
            Rule::OneOf(values) => Self::OneOf(OneOf::new(values)),
            Rule::Format(format) => Self::Format(Format::new(format)),
        })
    }

    /// The name of the rule in `#[validate]`.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Re(_) => "re",
            Self::Len(_) => "len",
            Self::Range(_) => "range",
            Self::MultipleOf(_) => "multiple_of",
            Self::OneOf(_) => "one_of",
            Self::Format(_) => "format",
        }
    }

    /// Whether only numbers can satisfy it. Another text passes its check, since the type refuses it, if that is a number.
    pub(crate) fn is_of_numbers(&self) -> bool {
        matches!(self, Self::Range(_) | Self::MultipleOf(_))
    }

    /// Whether it is a range with two ends, so that those of the type are of no interest.
    pub(crate) fn has_both_ends(&self) -> bool {
        matches!(self, Self::Range(rule) if rule.has_both_ends())
    }

    /// The values that the rule lists.
    pub(crate) fn values(&self) -> &'static [&'static str] {
        match self {
            Self::OneOf(rule) => rule.values(),
            _ => &[],
        }
    }

    /// The order in which the rules of a value are checked. The first that it violates is reported.
    pub(crate) fn check_order(&self) -> u8 {
        match self {
            Self::Len(_) => 0,
            Self::Re(_) => 1,
            Self::OneOf(_) => 2,
            Self::Format(_) => 3,
            Self::Range(_) => 4,
            Self::MultipleOf(_) => 5,
        }
    }

    /// Checks the text of a value.
    ///
    /// # Errors
    ///
    /// If the text violates the rule.
    pub(crate) fn check(&self, text: &str) -> Checked {
        match self {
            Self::Re(rule) => rule.check(text),
            Self::Len(rule) => rule.check(text),
            Self::Range(rule) => rule.check(text),
            Self::MultipleOf(rule) => rule.check(text),
            Self::OneOf(rule) => rule.check(text),
            Self::Format(rule) => rule.check(text),
        }
    }

    /// Checks the size of a file, in bytes: the only rule for files is `len`.
    ///
    /// # Errors
    ///
    /// If the size violates the rule.
    pub(crate) fn check_size(&self, size: usize) -> Checked {
        match self {
            Self::Len(rule) => rule.check_size(size),
            _ => Ok(()),
        }
    }

    /// The rule in words, as for a value or a file; `None` if it allows everything.
    pub(crate) fn in_words(&self, of_file: bool) -> Option<String> {
        match self {
            Self::Re(rule) => Some(rule.in_words()),
            Self::Len(rule) => Some(rule.in_words(of_file)),
            Self::Range(rule) => rule.in_words(),
            Self::MultipleOf(rule) => Some(rule.in_words()),
            Self::OneOf(rule) => Some(rule.in_words()),
            Self::Format(rule) => Some(rule.in_words()),
        }
    }

    /// Adds the rule to the schema of a value, which has a `type` (JSON Schema 2020-12).
    pub(crate) fn schema(&self, is_text: bool, schema: &mut Map<String, Value>) {
        match self {
            Self::Re(rule) => rule.schema(is_text, schema),
            Self::Len(rule) => rule.schema(is_text, schema),
            Self::Range(rule) => rule.schema(schema),
            Self::MultipleOf(rule) => rule.schema(schema),
            Self::OneOf(rule) => rule.schema(schema),
            Self::Format(rule) => rule.schema(schema),
        }
    }
}

/// A number as JSON has it; `None` for an open end, and for a number that is too large for JSON readers.
pub(crate) fn json_number(bound: Bound) -> Option<Value> {
    match bound {
        Bound::Open => None,
        Bound::Integer(number) => {
            let signed = i64::try_from(number).map(Value::from);
            signed.or_else(|_| u64::try_from(number).map(Value::from)).ok()
        }
        Bound::Number(number) => serde_json::Number::from_f64(number).map(Value::Number),
    }
}

/// The text of a value as JSON has it, by the `type` of a schema.
pub(crate) fn json_value(schema: &Map<String, Value>, text: &str) -> Value {
    let is_text = schema.get("type").is_some_and(|kind| kind == "string");
    let parsed = (!is_text).then(|| serde_json::from_str(text).ok()).flatten();
    parsed.unwrap_or_else(|| text.into())
}

#[cfg(test)]
mod tests {
    use wsgiservice_grammar::{rule::new, value::Literal};

    use super::*;

    fn compiled(rule: Rule<'static>) -> CompiledRule {
        CompiledRule::new(&rule).expect("a rule")
    }

    #[test]
    fn a_rule_has_the_name_of_the_grammar() {
        for rule in [
            new::re("a"),
            new::len(1, 2),
            new::range(Bound::Open, Bound::Open),
            new::multiple_of(Literal::Integer(5, "5")),
            new::one_of(&["a"]),
            new::format("uuid"),
        ] {
            assert_eq!(compiled(rule).name(), rule.name());
        }
    }

    #[test]
    fn only_a_length_is_that_of_a_file() {
        assert!(compiled(new::len(1, 2)).check_size(3).is_err());
        assert!(compiled(new::re("a")).check_size(3).is_ok());
    }

    #[test]
    fn a_number_that_json_readers_do_not_have_is_left_out() {
        assert_eq!(json_number(Bound::Integer(u64::MAX.into())), Some(u64::MAX.into()));
        assert_eq!(json_number(Bound::Integer(i128::MAX)), None);
        assert_eq!(json_number(Bound::Open), None);
    }
}
