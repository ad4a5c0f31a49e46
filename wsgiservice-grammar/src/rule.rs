//! The rules of `#[validate]`.
//!
//! A rule is a name and an operand, as in `len = 1..=20`. This file is all that the grammar knows of the rules. To add
//! one, add a variant to [`Rule`], a row to [`Rule::SHAPES`], an arm to [`Rule::written`] and a constructor to [`new`];
//! the compiler then reports what is missing here and in `wsgiservice/src/rules/mod.rs`. Describe it in
//! `wsgiservice-macros/src/reference/validate.md`. The macros parse and write a rule by the [`Shape`] of its operand, so
//! their code does not change.

use crate::{
    bound::Bound,
    format::Format,
    text::{among, characters, same},
    value::{Kind, Literal},
};

/// A rule for a value.
///
/// ```
/// use wsgiservice_grammar::{bound::Bound, rule::{self, Rule}, value::{Kind, Literal}};
///
/// const PERCENT: Rule<'static> = rule::new::range(Bound::Integer(1), Bound::Integer(100));
///
/// const { assert!(PERCENT.fits(&Kind::Number)) };
/// const { assert!(PERCENT.allows(&Literal::Integer(50, "50"))) };
/// const { assert!(!PERCENT.allows(&Literal::Integer(101, "101"))) };
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule<'a> {
    /// A regular expression matches the whole value.
    Re(&'a str),
    /// The value has this many characters; a file, this many bytes.
    Len {
        /// The least number.
        least: usize,
        /// The greatest number, `usize::MAX` if it has no limit.
        most: usize,
    },
    /// The value is a number in a range.
    Range {
        /// The least number.
        least: Bound,
        /// The greatest number.
        most: Bound,
    },
    /// The value is a multiple of this number.
    MultipleOf(Literal<'a>),
    /// The value is one of these.
    OneOf(&'a [&'a str]),
    /// The value has a well-known format.
    Format(Format),
}

/// What an author writes after the name of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Shape {
    /// A text: `re = "[a-z]+"`.
    Text,
    /// A number: `multiple_of = 5`.
    Number,
    /// A range of lengths: `len = 1..=20`.
    Length,
    /// A range of numbers: `range = 0.5..`.
    Range,
    /// A list of texts: `one_of = ["asc", "desc"]`.
    Texts,
    /// The name of a [`Format`]: `format = "email"`.
    Format,
}

/// What an author wrote after the name of a rule: a value of its [`Shape`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Operand<'a> {
    /// A text.
    Text(&'a str),
    /// A number.
    Number(Literal<'a>),
    /// The ends of a range of lengths.
    Length(usize, usize),
    /// The ends of a range of numbers.
    Range(Bound, Bound),
    /// A list of texts.
    Texts(&'a [&'a str]),
    /// A format.
    Format(Format),
}

impl Rule<'_> {
    /// The names of the rules, and the shape of what is written after each.
    ///
    /// ```
    /// use wsgiservice_grammar::rule::{Rule, Shape};
    ///
    /// assert!(Rule::SHAPES.contains(&("len", Shape::Length)));
    /// ```
    pub const SHAPES: &'static [(&'static str, Shape)] = &[
        ("re", Shape::Text),
        ("len", Shape::Length),
        ("range", Shape::Range),
        ("multiple_of", Shape::Number),
        ("one_of", Shape::Texts),
        ("format", Shape::Format),
    ];
}

impl<'a> Rule<'a> {
    /// The rule of this name with this operand, or `None` if the rule is unknown or its operand has another shape.
    ///
    /// The macros use it for what an author wrote. Generated code calls the constructors in [`new`].
    ///
    /// ```
    /// use wsgiservice_grammar::rule::{Operand, Rule};
    ///
    /// let operand = Operand::Texts(&["asc", "desc"]);
    /// assert_eq!(Rule::written("one_of", operand), Some(Rule::OneOf(&["asc", "desc"])));
    /// assert_eq!(Rule::written("len", operand), None);
    /// ```
    #[must_use]
    pub fn written(name: &str, operand: Operand<'a>) -> Option<Self> {
        Some(match (name, operand) {
            ("re", Operand::Text(expression)) => Self::Re(expression),
            ("len", Operand::Length(least, most)) => Self::Len { least, most },
            ("range", Operand::Range(least, most)) => Self::Range { least, most },
            ("multiple_of", Operand::Number(step)) => Self::MultipleOf(step),
            ("one_of", Operand::Texts(values)) => Self::OneOf(values),
            ("format", Operand::Format(format)) => Self::Format(format),
            _ => return None,
        })
    }

    /// Its name in `#[validate]`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Re(_) => "re",
            Self::Len { .. } => "len",
            Self::Range { .. } => "range",
            Self::MultipleOf(_) => "multiple_of",
            Self::OneOf(_) => "one_of",
            Self::Format(_) => "format",
        }
    }

    /// Whether both are the same rule, so that the one nearer to the argument replaces the other.
    ///
    /// ```
    /// # use wsgiservice_grammar::rule::Rule;
    /// assert!(Rule::Re("a").is_same_rule(&Rule::Re("b")));
    /// assert!(!Rule::Re("a").is_same_rule(&Rule::OneOf(&["a"])));
    /// ```
    #[must_use]
    pub const fn is_same_rule(&self, other: &Rule<'_>) -> bool {
        same(self.name(), other.name())
    }

    /// Whether the rule applies to a value of the kind: `range` to numbers, `len` to text.
    ///
    /// ```
    /// # use wsgiservice_grammar::{format::Format, rule::Rule, value::Kind};
    /// assert!(Rule::Re("[0-9]+").fits(&Kind::Text(None)));
    /// assert!(!Rule::Re("[0-9]+").fits(&Kind::Number));
    /// assert!(!Rule::Format(Format::Email).fits(&Kind::Text(Some("uuid"))));
    /// ```
    #[must_use]
    pub const fn fits(&self, kind: &Kind) -> bool {
        match (self, kind) {
            (Self::OneOf(_), _) | (_, Kind::Any) => true,
            (Self::Re(_) | Self::Len { .. }, kind) => {
                matches!(kind, Kind::Text(_) | Kind::Choice(_))
            }
            (Self::Range { .. } | Self::MultipleOf(_), kind) => {
                matches!(kind, Kind::Integer { .. } | Kind::Number)
            }
            (Self::Format(_), Kind::Text(None)) => true,
            (Self::Format(format), Kind::Text(Some(name))) => format.narrows(name),
            (Self::Format(_), _) => false,
        }
    }

    /// What the rule applies to, in words.
    #[must_use]
    pub const fn subject(&self) -> &'static str {
        match self {
            Self::Re(_) => "text",
            Self::Len { .. } => "text and files",
            Self::Range { .. } | Self::MultipleOf(_) => "numbers",
            Self::OneOf(_) => "values",
            Self::Format(_) => "text without another format",
        }
    }

    /// Whether the rule applies to a file, of which only the length is known.
    #[must_use]
    pub const fn fits_file(&self) -> bool {
        match self {
            Self::Len { .. } => true,
            Self::Re(_)
            | Self::Range { .. }
            | Self::MultipleOf(_)
            | Self::OneOf(_)
            | Self::Format(_) => false,
        }
    }

    /// Whether the rule allows any value. A range that ends before it starts does not, nor does an empty list, nor a
    /// multiple of a number that is not positive (JSON Schema 2020-12 validation, section 6.2.1).
    ///
    /// ```
    /// # use wsgiservice_grammar::rule::Rule;
    /// assert!(Rule::Len { least: 1, most: 20 }.is_satisfiable());
    /// assert!(!Rule::Len { least: 20, most: 1 }.is_satisfiable());
    /// ```
    #[must_use]
    pub const fn is_satisfiable(&self) -> bool {
        match self {
            Self::Len { least, most } => *least <= *most,
            Self::Range { least, most } => !most.is_less_than(*least),
            Self::MultipleOf(step) => Bound::Integer(0).is_less_than(Bound::of(step)),
            Self::OneOf(values) => !values.is_empty(),
            Self::Re(_) | Self::Format(_) => true,
        }
    }

    /// Whether the rule allows the value, as far as `const` evaluation can tell: `re` and `format` allow everything, and
    /// rules for text allow the number of a constant.
    #[must_use]
    pub const fn allows(&self, value: &Literal<'_>) -> bool {
        match self {
            Self::Len { least, most } => match value.known_text() {
                Some(text) => {
                    let length = characters(text);
                    *least <= length && length <= *most
                }
                None => true,
            },
            Self::Range { least, most } => {
                let number = Bound::of(value);
                !number.is_less_than(*least) && !most.is_less_than(number)
            }
            Self::MultipleOf(step) => is_multiple(Bound::of(value), Bound::of(step)),
            Self::OneOf(values) => match value.known_text() {
                Some(text) => among(values, text),
                None => true,
            },
            Self::Re(_) | Self::Format(_) => true,
        }
    }
}

/// Whether a number is a multiple of another; what is not a number is.
const fn is_multiple(number: Bound, step: Bound) -> bool {
    match (number, step) {
        (Bound::Open, _) | (_, Bound::Open) => true,
        (Bound::Integer(number), Bound::Integer(step)) => {
            matches!(number.checked_rem(step), Some(0))
        }
        (Bound::Integer(number), Bound::Number(step)) => is_nearly_multiple(number as f64, step),
        (Bound::Number(number), Bound::Integer(step)) => is_nearly_multiple(number, step as f64),
        (Bound::Number(number), Bound::Number(step)) => is_nearly_multiple(number, step),
    }
}

/// Whether a number is a multiple of another, except for rounding: 0.3 is a multiple of 0.1, but the remainder is not 0.
const fn is_nearly_multiple(number: f64, step: f64) -> bool {
    let nearest = (number / step).round() * step;
    (number - nearest).abs() <= 2.0 * f64::EPSILON * number.abs()
}

/// The constructors that generated code calls: each has the name of its rule, and the operand as its arguments.
///
/// ```
/// use wsgiservice_grammar::rule::{self, Rule};
///
/// const RULES: &[Rule<'static>] = &[rule::new::len(1, 20), rule::new::format("email")];
///
/// assert_eq!(RULES[0], Rule::Len { least: 1, most: 20 });
/// ```
pub mod new {
    use super::{Bound, Format, Literal, Rule};

    /// The rule `re`.
    #[must_use]
    pub const fn re(expression: &'static str) -> Rule<'static> {
        Rule::Re(expression)
    }

    /// The rule `len`.
    #[must_use]
    pub const fn len(least: usize, most: usize) -> Rule<'static> {
        Rule::Len { least, most }
    }

    /// The rule `range`.
    #[must_use]
    pub const fn range(least: Bound, most: Bound) -> Rule<'static> {
        Rule::Range { least, most }
    }

    /// The rule `multiple_of`.
    #[must_use]
    pub const fn multiple_of(step: Literal<'static>) -> Rule<'static> {
        Rule::MultipleOf(step)
    }

    /// The rule `one_of`.
    #[must_use]
    pub const fn one_of(values: &'static [&'static str]) -> Rule<'static> {
        Rule::OneOf(values)
    }

    /// The rule `format`.
    ///
    /// # Panics
    ///
    /// If the format is unknown. In a constant, that is an error of the compiler.
    #[must_use]
    pub const fn format(name: &'static str) -> Rule<'static> {
        match Format::named(name) {
            Some(format) => Rule::Format(format),
            None => panic!("unknown format"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY_RANGE: Rule<'_> = new::range(Bound::Open, Bound::Open);
    const ONE: Literal<'_> = Literal::Integer(1, "1");

    fn operand(shape: Shape) -> Operand<'static> {
        match shape {
            Shape::Text => Operand::Text("a"),
            Shape::Number => Operand::Number(ONE),
            Shape::Length => Operand::Length(1, 2),
            Shape::Range => Operand::Range(Bound::Integer(1), Bound::Open),
            Shape::Texts => Operand::Texts(&["a"]),
            Shape::Format => Operand::Format(Format::Email),
        }
    }

    #[test]
    fn each_rule_is_written_by_its_name_and_shape() {
        for (name, shape) in Rule::SHAPES {
            let rule = Rule::written(name, operand(*shape)).expect(name);
            assert_eq!(rule.name(), *name);
        }
        assert_eq!(Rule::written("regex", operand(Shape::Text)), None);
    }

    #[test]
    fn a_constructor_makes_its_rule() {
        let rules = [
            new::re("a"),
            new::len(1, 2),
            ANY_RANGE,
            new::multiple_of(ONE),
            new::one_of(&["a"]),
            new::format("uuid"),
        ];
        let names = rules.map(|rule| rule.name());
        assert!(names.iter().eq(Rule::SHAPES.iter().map(|(name, _)| name)));
    }

    #[test]
    #[should_panic = "unknown format"]
    fn a_format_is_known() {
        let _ = new::format("phone");
    }

    #[test]
    fn a_length_is_that_of_text() {
        assert!(new::len(1, 2).fits(&Kind::Text(None)));
        assert!(new::len(1, 2).fits(&Kind::Any));
        assert!(!new::len(1, 2).fits(&Kind::Number));
        assert!(!new::len(1, 2).fits(&Kind::Boolean));
        assert!(new::len(1, 2).fits_file());
    }

    #[test]
    fn a_range_is_that_of_numbers() {
        assert!(ANY_RANGE.fits(&Kind::Integer { minimum: 0, maximum: 1 }));
        assert!(ANY_RANGE.fits(&Kind::Any));
        assert!(!ANY_RANGE.fits(&Kind::Text(None)));
        assert!(!ANY_RANGE.fits(&Kind::Text(Some("uuid"))));
        assert!(!ANY_RANGE.fits(&Kind::Choice(&[])));
        assert!(!ANY_RANGE.fits_file());
        assert!(new::multiple_of(ONE).fits(&Kind::Number));
        assert!(!new::multiple_of(ONE).fits(&Kind::Boolean));
        assert!(!new::multiple_of(ONE).fits_file());
    }

    #[test]
    fn an_expression_and_a_format_are_those_of_text() {
        for rule in [new::re("a"), new::format("uuid")] {
            assert!(rule.fits(&Kind::Text(None)));
            assert!(rule.fits(&Kind::Any));
            assert!(!rule.fits(&Kind::Integer { minimum: 0, maximum: 1 }));
            assert!(!rule.fits(&Kind::Number));
            assert!(!rule.fits(&Kind::Boolean));
        }
        assert!(new::re("a").fits(&Kind::Text(Some("ip"))));
    }

    #[test]
    fn a_format_is_not_another_one() {
        assert!(new::format("uuid").fits(&Kind::Text(Some("uuid"))));
        assert!(new::format("ipv4").fits(&Kind::Text(Some("ip"))));
        assert!(!new::format("email").fits(&Kind::Text(Some("ip"))));
        assert!(!new::format("email").fits(&Kind::Choice(&["a"])));
    }

    #[test]
    fn integers_are_multiples_exactly() {
        let allows = |step, number| {
            new::multiple_of(Literal::Integer(step, "")).allows(&Literal::Integer(number, ""))
        };
        assert!(allows(5, 0) && allows(5, -10) && allows(5, 10));
        assert!(!allows(5, 11));
        assert!(allows(10, 170_141_183_460_469_231_731_687_303_715_884_105_720));
        assert!(!allows(10, i128::MAX));
    }

    #[test]
    fn numbers_are_multiples_except_for_rounding() {
        let allows = |step, number| {
            new::multiple_of(Literal::Number(step, "")).allows(&Literal::Number(number, ""))
        };
        assert!(allows(0.1, 0.3) && allows(0.01, 19.99) && allows(0.1, 1e15) && allows(0.1, -0.7));
        assert!(!allows(0.1, 0.35) && !allows(0.01, 19.995) && !allows(0.5, 0.500_001));
        assert!(!allows(0.5, f64::INFINITY) && !allows(0.5, f64::NAN));
        let half = new::multiple_of(Literal::Number(0.5, "0.5"));
        assert!(half.allows(&ONE) && half.allows(&Literal::Text("a")));
        assert!(!new::multiple_of(Literal::Integer(2, "2")).allows(&Literal::Number(1.5, "1.5")));
    }

    #[test]
    fn a_value_is_compared_with_a_rule() {
        assert!(new::range(Bound::Integer(1), Bound::Number(1.0)).allows(&ONE));
        assert!(!new::range(Bound::Number(1.5), Bound::Open).allows(&ONE));
        assert!(ANY_RANGE.allows(&ONE));
        assert!(ANY_RANGE.allows(&Literal::Text("a")));
        assert!(new::one_of(&["1", "2"]).allows(&ONE));
        assert!(!new::one_of(&["true"]).allows(&Literal::Boolean(false)));
        assert!(new::len(2, 2).allows(&Literal::Text("éé")));
        assert!(!new::len(2, 2).allows(&Literal::Text("é")));
        assert!(new::re("a").allows(&ONE));
    }

    #[test]
    fn a_rule_without_values_is_not_satisfiable() {
        assert!(ANY_RANGE.is_satisfiable());
        assert!(new::range(Bound::Integer(1), Bound::Integer(1)).is_satisfiable());
        assert!(!new::range(Bound::Integer(1), Bound::Number(0.5)).is_satisfiable());
        assert!(!new::one_of(&[]).is_satisfiable());
        assert!(new::multiple_of(ONE).is_satisfiable());
        assert!(!new::multiple_of(Literal::Integer(0, "0")).is_satisfiable());
        assert!(!new::multiple_of(Literal::Number(-0.5, "-0.5")).is_satisfiable());
    }
}
