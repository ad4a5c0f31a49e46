//! A constraint, prepared: what `#[validate]` declared, with its expression compiled.

use std::borrow::Cow;

use thiserror::Error;

use super::{expression::Expression, format::Format};
use crate::{
    declaration::{self, Bound},
    problem::violation::Code,
};

/// What a value must be like.
#[derive(Debug, Default)]
pub(crate) struct Constraint {
    declared: bool,
    re: Option<(&'static str, Expression)>,
    len: Option<(usize, usize)>,
    range: Option<(Bound, Bound)>,
    one_of: Option<&'static [&'static str]>,
    format: Option<Format>,
}

/// Why a constraint cannot be used, which the macros report before; a hand-written descriptor may come so far.
#[derive(Debug, Error)]
pub(crate) enum Unusable {
    #[error("its expression does not parse: {0}")]
    Re(#[from] regex::Error),
    #[error("there is no format `{0}`")]
    Format(&'static str),
}

impl Constraint {
    pub(crate) fn new(constraint: &declaration::Constraint) -> Result<Self, Unusable> {
        let format =
            constraint.format.map(|name| Format::named(name).ok_or(Unusable::Format(name)));
        let re = constraint.re.map(|re| Expression::whole(re).map(|expression| (re, expression)));
        Ok(Self {
            declared: constraint.declared,
            re: re.transpose()?,
            len: constraint.len,
            range: constraint.range,
            one_of: constraint.one_of,
            format: format.transpose()?,
        })
    }

    /// Holds a value against the constraint; what it breaks first, and why.
    pub(crate) fn check(&self, text: &str) -> Result<(), (Code, Cow<'static, str>)> {
        if !self.declared {
            return Ok(());
        }
        if text.is_empty() {
            return Err((Code::Empty, "It must not be empty.".into()));
        }
        self.check_len(text)?;
        self.check_re(text)?;
        self.check_one_of(text)?;
        self.check_format(text)?;
        self.check_range(text)
    }

    /// Holds the size of a file, in bytes, against the constraint.
    pub(crate) fn check_size(&self, size: usize) -> Result<(), (Code, Cow<'static, str>)> {
        if self.declared && size == 0 {
            return Err((Code::Empty, "It must not be empty.".into()));
        }
        self.check_count(size, "bytes")
    }

    fn check_len(&self, text: &str) -> Result<(), (Code, Cow<'static, str>)> {
        self.len.map_or(Ok(()), |_| self.check_count(text.chars().count(), "characters"))
    }

    fn check_count(&self, length: usize, unit: &str) -> Result<(), (Code, Cow<'static, str>)> {
        let Some((least, most)) = self.len else { return Ok(()) };
        if least <= length && length <= most {
            return Ok(());
        }
        let reason = if most == usize::MAX {
            format!("It must have at least {least} {unit}.")
        } else {
            format!("It must have {least} to {most} {unit}.")
        };
        Err((Code::Length, reason.into()))
    }

    fn check_re(&self, text: &str) -> Result<(), (Code, Cow<'static, str>)> {
        match &self.re {
            Some((pattern, re)) if !re.matches(text) => {
                Err((Code::Pattern, format!("It must match {pattern}.").into()))
            }
            _ => Ok(()),
        }
    }

    fn check_one_of(&self, text: &str) -> Result<(), (Code, Cow<'static, str>)> {
        match self.one_of {
            Some(values) if !values.contains(&text) => {
                Err((Code::OneOf, format!("It must be one of {}.", values.join(", ")).into()))
            }
            _ => Ok(()),
        }
    }

    fn check_format(&self, text: &str) -> Result<(), (Code, Cow<'static, str>)> {
        match &self.format {
            Some(format) if !format.matches(text) => {
                Err((Code::Format, format!("It must be a valid {}.", format.name()).into()))
            }
            _ => Ok(()),
        }
    }

    fn check_range(&self, text: &str) -> Result<(), (Code, Cow<'static, str>)> {
        let Some((least, most)) = self.range else { return Ok(()) };
        let is_not_a_number = text.parse::<f64>().is_ok_and(f64::is_nan);
        if !is_not_a_number
            && least.compare(text).is_none_or(|order| order.is_ge())
            && most.compare(text).is_none_or(|order| order.is_le())
        {
            return Ok(());
        }
        Err((Code::Range, format!("It must be {}.", between(least, most)).into()))
    }
}

impl Bound {
    /// How a number stands to this bound; nothing where there is no bound, or no number, which the type will say.
    fn compare(self, text: &str) -> Option<std::cmp::Ordering> {
        match self {
            Self::Open => None,
            Self::Integer(bound) => match text.parse::<i128>() {
                Ok(number) => Some(number.cmp(&bound)),
                Err(_) => text.parse::<f64>().ok()?.partial_cmp(&(bound as f64)),
            },
            Self::Number(bound) => text.parse::<f64>().ok()?.partial_cmp(&bound),
        }
    }

    fn text(self) -> Option<String> {
        match self {
            Self::Open => None,
            Self::Integer(bound) => Some(bound.to_string()),
            Self::Number(bound) => Some(bound.to_string()),
        }
    }
}

fn between(least: Bound, most: Bound) -> String {
    match (least.text(), most.text()) {
        (Some(least), Some(most)) => format!("from {least} to {most}"),
        (Some(least), None) => format!("{least} or more"),
        (None, Some(most)) => format!("{most} or less"),
        (None, None) => "a number".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(constraint: declaration::Constraint, text: &str) -> Option<Code> {
        let constraint = Constraint::new(&constraint).expect("usable");
        constraint.check(text).err().map(|(code, _)| code)
    }

    const NEW: declaration::Constraint = declaration::Constraint::new("x");

    #[test]
    fn an_expression_matches_the_whole_value_without_a_trailing_newline() {
        assert_eq!(check(NEW.re("a|b"), "a"), None);
        assert_eq!(check(NEW.re("a|b"), "ac"), Some(Code::Pattern));
        assert_eq!(check(NEW.re("a"), "a\n"), Some(Code::Pattern));
    }

    #[test]
    fn a_length_counts_characters() {
        assert_eq!(check(NEW.len(1, 2), "éé"), None);
        assert_eq!(check(NEW.len(1, 2), "ééé"), Some(Code::Length));
    }

    #[test]
    fn a_range_includes_its_ends() {
        let percent = NEW.range(Bound::Integer(1), Bound::Integer(100));
        assert_eq!(check(percent, "1"), None);
        assert_eq!(check(percent, "100"), None);
        assert_eq!(check(percent, "0"), Some(Code::Range));
        assert_eq!(check(percent, "100.5"), Some(Code::Range));
        assert_eq!(check(percent, "NaN"), Some(Code::Range));
        assert_eq!(check(NEW.range(Bound::Number(0.5), Bound::Open), "0.4"), Some(Code::Range));
    }

    #[test]
    fn a_value_is_one_of_those_there_are() {
        assert_eq!(check(NEW.one_of(&["a", "b"]), "b"), None);
        assert_eq!(check(NEW.one_of(&["a", "b"]), "c"), Some(Code::OneOf));
    }

    #[test]
    fn a_validated_value_is_not_empty() {
        assert_eq!(check(NEW, ""), Some(Code::Empty));
        assert_eq!(check(declaration::Constraint::none("x"), ""), None);
    }
}
