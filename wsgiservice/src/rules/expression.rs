//! Regular expressions that match a whole value.

use regex::Regex;
use regex_automata::{
    Anchored,
    dfa::{Automaton, StartKind, dense},
    util::{primitives::StateID, start},
};

/// The maximum memory for a table, and for its construction, in bytes.
const TABLE: usize = 64 << 10;
const CONSTRUCTION: usize = 1 << 20;

/// A regular expression, compiled.
///
/// A small expression becomes a complete DFA: one lookup per byte and no shared cache; a larger one uses `regex`.
#[derive(Debug)]
pub(super) enum Expression {
    Table { states: Box<dense::DFA<Vec<u32>>>, start: StateID },
    Other(Regex),
}

impl Expression {
    /// Compiles an expression that matches the *whole* value; with `$`, a newline could follow.
    ///
    /// # Errors
    ///
    /// If it is malformed.
    pub(super) fn whole(pattern: &str) -> Result<Self, regex::Error> {
        let pattern = format!(r"\A(?:{pattern})\z");
        let other = Regex::new(&pattern)?;
        Ok(Self::table(&pattern).unwrap_or(Self::Other(other)))
    }

    fn table(pattern: &str) -> Option<Self> {
        let config = dense::Config::new()
            .start_kind(StartKind::Anchored)
            .dfa_size_limit(Some(TABLE))
            .determinize_size_limit(Some(CONSTRUCTION));
        let states = dense::Builder::new().configure(config).build(pattern).ok()?;
        let start = states.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()?;
        Some(Self::Table { states: Box::new(states), start })
    }

    /// Whether it matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Table { states, start } => {
                let last = text.bytes().fold(*start, |state, byte| states.next_state(state, byte));
                states.is_match_state(states.next_eoi_state(last))
            }
            Self::Other(regex) => regex.is_match(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_table(pattern: &str) -> bool {
        matches!(Expression::whole(pattern), Ok(Expression::Table { .. }))
    }

    #[test]
    fn small_expressions_are_tables() {
        assert!(is_table(r"[0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*"));
    }

    #[test]
    fn large_expressions_match_too() {
        let pattern = r"\w{1,200}";
        assert!(!is_table(pattern));
        let expression = Expression::whole(pattern).expect("an expression");
        assert!(expression.matches("été"));
        assert!(!expression.matches("un été"));
    }

    #[cfg(feature = "unicode")]
    #[test]
    fn properties_of_characters_are_known() {
        let expression = Expression::whole(r"\p{Greek}+").expect("an expression");
        assert!(expression.matches("αβγ"));
        assert!(!expression.matches("abc"));
    }

    proptest! {
        #[test]
        fn a_table_matches_what_the_expression_does(text in "[ab\n]{0,6}") {
            for pattern in ["a|ab", "(a|b)*", "a+$", "^a.b", "(?m)^a$", "a??", "(?s).{2,3}"] {
                prop_assert!(is_table(pattern));
                let other = Regex::new(&format!(r"\A(?:{pattern})\z")).expect("an expression");
                let expression = Expression::whole(pattern).expect("an expression");
                prop_assert_eq!(expression.matches(&text), other.is_match(&text), "{}", pattern);
            }
        }
    }
}
