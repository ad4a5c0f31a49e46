//! The rule `one_of`: the value is one of several texts.

use serde_json::{Map, Value};

use super::{Checked, Code, json_value};

/// The rule `one_of`.
#[derive(Debug)]
pub(crate) struct OneOf {
    values: &'static [&'static str],
}

impl OneOf {
    pub(super) fn new(values: &'static [&'static str]) -> Self {
        Self { values }
    }

    pub(super) fn values(&self) -> &'static [&'static str] {
        self.values
    }

    pub(super) fn check(&self, text: &str) -> Checked {
        if self.values.contains(&text) {
            return Ok(());
        }
        let reason = format!("It must be one of {}.", self.values.join(", "));
        Err((Code::Rule("one_of"), reason.into()))
    }

    pub(super) fn in_words(&self) -> String {
        format!("one of {}", self.values.join(", "))
    }

    pub(super) fn schema(&self, schema: &mut Map<String, Value>) {
        let values: Vec<_> = self.values.iter().map(|value| json_value(schema, value)).collect();
        schema.insert("enum".to_owned(), values.into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DICE: OneOf = OneOf { values: &["6", "20"] };

    #[test]
    fn a_value_is_one_of_several() {
        assert_eq!(DICE.check("20"), Ok(()));
        let violation = (Code::Rule("one_of"), "It must be one of 6, 20.".into());
        assert_eq!(DICE.check("2"), Err(violation));
    }

    #[test]
    fn the_words_have_the_values() {
        assert_eq!(DICE.in_words(), "one of 6, 20");
    }

    #[test]
    fn a_schema_has_the_values_in_its_type() {
        for (kind, values) in [("integer", json!([6, 20])), ("string", json!(["6", "20"]))] {
            let mut schema = Map::from_iter([("type".to_owned(), kind.into())]);
            DICE.schema(&mut schema);
            assert_eq!(schema.get("enum"), Some(&values), "{kind}");
        }
    }
}
