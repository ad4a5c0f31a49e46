//! The rule `re`: a regular expression matches the whole value.

use serde_json::{Map, Value};

use super::{Checked, Code, InvalidRule, expression::Expression};

/// Syntax that ECMAScript does not have, or has with another meaning; a `pattern` in a schema is in ECMAScript.
const FOREIGN: [&str; 12] =
    ["(?", r"\A", r"\z", "[[", "&&", "--", "~~", r"\x", r"\u", r"\p", r"\P", r"\h"];

/// The rule `re`.
#[derive(Debug)]
pub(crate) struct Re {
    text: &'static str,
    expression: Expression,
}

impl Re {
    pub(super) fn new(text: &'static str) -> Result<Self, InvalidRule> {
        Ok(Self { text, expression: Expression::whole(text)? })
    }

    pub(super) fn check(&self, text: &str) -> Checked {
        if self.expression.matches(text) {
            return Ok(());
        }
        Err((Code::Rule("pattern"), format!("It must match {}.", self.text).into()))
    }

    pub(super) fn in_words(&self) -> String {
        format!("matches `{}`", self.text)
    }

    pub(super) fn schema(&self, is_text: bool, schema: &mut Map<String, Value>) {
        if is_text && FOREIGN.iter().all(|foreign| !self.text.contains(foreign)) {
            schema.insert("pattern".to_owned(), format!("^(?:{})$", self.text).into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn re(text: &'static str) -> Re {
        Re::new(text).expect("an expression")
    }

    fn pattern(text: &'static str, is_text: bool) -> Option<Value> {
        let mut schema = Map::new();
        re(text).schema(is_text, &mut schema);
        schema.remove("pattern")
    }

    #[test]
    fn an_expression_matches_the_whole_value_without_a_trailing_newline() {
        assert_eq!(re("a|b").check("a"), Ok(()));
        let violation = (Code::Rule("pattern"), "It must match a|b.".into());
        assert_eq!(re("a|b").check("ac"), Err(violation));
        assert!(re("a").check("a\n").is_err());
    }

    #[test]
    fn a_malformed_expression_is_an_error() {
        let error = Re::new("(").expect_err("malformed").to_string();
        assert!(error.starts_with("invalid regular expression: "), "{error}");
    }

    #[test]
    fn the_words_have_the_expression() {
        assert_eq!(re("a|b").in_words(), "matches `a|b`");
    }

    #[test]
    fn only_the_schema_of_a_text_has_a_pattern() {
        assert_eq!(pattern("a|b", true), Some("^(?:a|b)$".into()));
        assert_eq!(pattern("a|b", false), None);
    }

    #[test]
    fn syntax_that_ecmascript_does_not_have_is_not_in_a_schema() {
        for text in ["(?i)a", r"\x61", "[[:alpha:]]"] {
            assert_eq!(pattern(text, true), None, "{text}");
        }
    }
}
