//! The rule `len`: the number of characters of a text, or of bytes of a file.

use serde_json::{Map, Value};

use super::{Checked, Code};

/// The rule `len`.
#[derive(Debug)]
pub(crate) struct Len {
    least: usize,
    /// `usize::MAX` without a limit.
    most: usize,
}

impl Len {
    pub(super) fn new(least: usize, most: usize) -> Self {
        Self { least, most }
    }

    pub(super) fn check(&self, text: &str) -> Checked {
        self.check_count(text.chars().count(), "character")
    }

    pub(super) fn check_size(&self, size: usize) -> Checked {
        self.check_count(size, "byte")
    }

    fn check_count(&self, count: usize, unit: &str) -> Checked {
        if (self.least..=self.most).contains(&count) {
            return Ok(());
        }
        Err((Code::Rule("length"), format!("It must have {}.", self.count(unit)).into()))
    }

    pub(super) fn in_words(&self, of_file: bool) -> String {
        self.count(if of_file { "byte" } else { "character" })
    }

    fn count(&self, unit: &str) -> String {
        let Self { least, most } = *self;
        let plural = |number: usize| if number == 1 { "" } else { "s" };
        match most {
            usize::MAX => format!("at least {least} {unit}{}", plural(least)),
            most if most == least => format!("{most} {unit}{}", plural(most)),
            most => format!("{least} to {most} {unit}{}", plural(most)),
        }
    }

    pub(super) fn schema(&self, is_text: bool, schema: &mut Map<String, Value>) {
        if !is_text {
            return;
        }
        // The schema of a value that must not be empty has a `minLength` already, which is 1.
        if self.least > 0 {
            schema.insert("minLength".to_owned(), self.least.into());
        }
        if self.most < usize::MAX {
            schema.insert("maxLength".to_owned(), self.most.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema(rule: &Len, is_text: bool) -> Value {
        let mut schema = Map::new();
        rule.schema(is_text, &mut schema);
        schema.into()
    }

    #[test]
    fn a_length_counts_characters() {
        let rule = Len::new(1, 2);
        assert_eq!(rule.check("éé"), Ok(()));
        let violation = (Code::Rule("length"), "It must have 1 to 2 characters.".into());
        assert_eq!(rule.check("ééé"), Err(violation));
    }

    #[test]
    fn a_size_counts_bytes() {
        let rule = Len::new(2, usize::MAX);
        assert_eq!(rule.check_size(2), Ok(()));
        let violation = (Code::Rule("length"), "It must have at least 2 bytes.".into());
        assert_eq!(rule.check_size(1), Err(violation));
    }

    #[test]
    fn the_words_have_the_unit() {
        assert_eq!(Len::new(1, 2).in_words(false), "1 to 2 characters");
        assert_eq!(Len::new(0, 2).in_words(true), "0 to 2 bytes");
        assert_eq!(Len::new(1, usize::MAX).in_words(false), "at least 1 character");
        assert_eq!(Len::new(3, 3).in_words(false), "3 characters");
        assert_eq!(Len::new(0, 1).in_words(true), "0 to 1 byte");
    }

    #[test]
    fn only_the_schema_of_a_text_has_a_length() {
        assert_eq!(schema(&Len::new(2, 3), true), json!({"minLength": 2, "maxLength": 3}));
        assert_eq!(schema(&Len::new(0, usize::MAX), true), json!({}));
        assert_eq!(schema(&Len::new(2, 3), false), json!({}));
    }
}
