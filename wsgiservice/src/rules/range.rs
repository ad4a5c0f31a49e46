//! The rule `range`: the value is a number in a range.

use std::borrow::Cow;

use serde_json::{Map, Value};
use wsgiservice_grammar::bound::{Bound, between};

use super::{Checked, Code, json_number};

/// The rule `range`.
#[derive(Debug)]
pub(crate) struct Range {
    least: Bound,
    most: Bound,
}

impl Range {
    pub(super) fn new(least: Bound, most: Bound) -> Self {
        Self { least, most }
    }

    pub(super) fn has_both_ends(&self) -> bool {
        ![self.least, self.most].contains(&Bound::Open)
    }

    pub(super) fn check(&self, text: &str) -> Checked {
        // A text that is not a number passes: the type of the argument will refuse it.
        let is_nan = text.parse::<f64>().is_ok_and(f64::is_nan);
        if !is_nan
            && self.least.compare(text).is_none_or(|order| order.is_ge())
            && self.most.compare(text).is_none_or(|order| order.is_le())
        {
            return Ok(());
        }
        let range = between(self.least, self.most).map_or(Cow::Borrowed("a number"), Cow::Owned);
        Err((Code::Rule("range"), format!("It must be {range}.").into()))
    }

    pub(super) fn in_words(&self) -> Option<String> {
        between(self.least, self.most)
    }

    pub(super) fn schema(&self, schema: &mut Map<String, Value>) {
        for (key, end) in [("minimum", self.least), ("maximum", self.most)] {
            if let Some(number) = json_number(end) {
                schema.insert(key.to_owned(), number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const PERCENT: Range = Range { least: Bound::Integer(1), most: Bound::Integer(100) };

    #[test]
    fn a_range_includes_its_ends() {
        for text in ["1", "100", "1.5", "a"] {
            assert_eq!(PERCENT.check(text), Ok(()), "{text}");
        }
        for text in ["0", "100.5", "NaN"] {
            let violation = (Code::Rule("range"), "It must be from 1 to 100.".into());
            assert_eq!(PERCENT.check(text), Err(violation), "{text}");
        }
    }

    #[test]
    fn a_range_may_be_open() {
        let rule = Range::new(Bound::Number(0.5), Bound::Open);
        assert!(rule.check("0.4").is_err());
        assert_eq!(rule.check("1e9"), Ok(()));
        assert!(Range::new(Bound::Open, Bound::Open).check("NaN").is_err());
    }

    #[test]
    fn the_words_have_the_ends() {
        assert_eq!(PERCENT.in_words().as_deref(), Some("from 1 to 100"));
        assert_eq!(Range::new(Bound::Open, Bound::Open).in_words(), None);
    }

    #[test]
    fn a_schema_keeps_the_end_of_its_type_where_the_range_is_open() {
        let mut schema = Map::from_iter([("maximum".to_owned(), 255.into())]);
        Range::new(Bound::Integer(1), Bound::Open).schema(&mut schema);
        assert_eq!(Value::from(schema), json!({"minimum": 1, "maximum": 255}));
    }
}
