//! The rule `multiple_of`: the value is a multiple of a number.

use serde_json::{Map, Value};
use wsgiservice_grammar::{bound::Bound, rule::Rule, value::Literal};

use super::{Checked, Code, json_number};

/// The rule `multiple_of`.
#[derive(Debug)]
pub(crate) struct MultipleOf {
    step: Literal<'static>,
}

impl MultipleOf {
    pub(super) fn new(step: Literal<'static>) -> Self {
        Self { step }
    }

    pub(super) fn check(&self, text: &str) -> Checked {
        let integer = text.parse().map(|number| Literal::Integer(number, text));
        let number = integer.or_else(|_| text.parse().map(|number| Literal::Number(number, text)));
        // A text that is not a number passes: the type of the argument will refuse it.
        if number.is_ok_and(|number| !Rule::MultipleOf(self.step).allows(&number)) {
            let reason = format!("It must be {}.", self.in_words());
            return Err((Code::Rule("multiple_of"), reason.into()));
        }
        Ok(())
    }

    pub(super) fn in_words(&self) -> String {
        format!("a multiple of {}", self.step.text())
    }

    pub(super) fn schema(&self, schema: &mut Map<String, Value>) {
        if let Some(step) = json_number(Bound::of(&self.step)) {
            schema.insert("multipleOf".to_owned(), step);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIVE: MultipleOf = MultipleOf { step: Literal::Integer(5, "5") };
    const TENTH: MultipleOf = MultipleOf { step: Literal::Number(0.1, "0.1") };

    #[test]
    fn an_integer_is_a_multiple() {
        for text in ["0", "10", "-5", "10.0", "five"] {
            assert_eq!(FIVE.check(text), Ok(()), "{text}");
        }
        for text in ["1", "10.5", "NaN", "inf"] {
            let violation = (Code::Rule("multiple_of"), "It must be a multiple of 5.".into());
            assert_eq!(FIVE.check(text), Err(violation), "{text}");
        }
    }

    #[test]
    fn a_number_is_a_multiple() {
        assert_eq!(TENTH.check("0.3"), Ok(()));
        assert_eq!(TENTH.check("7"), Ok(()));
        assert!(TENTH.check("0.35").is_err());
    }

    #[test]
    fn words_and_schema_have_the_number() {
        assert_eq!(TENTH.in_words(), "a multiple of 0.1");
        let mut schema = Map::new();
        FIVE.schema(&mut schema);
        assert_eq!(schema.get("multipleOf"), Some(&5.into()));
    }

    #[cfg(feature = "testing")]
    mod wire {
        use crate::{Application, testing::Client};

        #[wsgiservice_macros::mount("/prices", crate = crate)]
        struct Prices;

        #[wsgiservice_macros::resource(crate = crate)]
        impl Prices {
            fn get(
                &self,
                #[validate(multiple_of = 5, range = 0..=100)] count: u8,
                #[validate(multiple_of = 0.05, default = 0.15)] price: f64,
            ) -> f64 {
                f64::from(count) * price
            }
        }

        #[tokio::test]
        async fn a_number_that_is_not_a_multiple_is_a_violation() {
            let client = Client::new(Application::new("prices").mount(Prices)).strict();
            assert_eq!(client.get("/prices?count=10").send().await.text(), "1.5");
            let response = client.get("/prices?count=11&price=0.12").send().await;
            assert_eq!(response.status(), 400);
            let [count, price] =
                [0, 1].map(|index| response.json::<serde_json::Value>()["errors"][index].clone());
            assert_eq!(count["code"], "multiple_of");
            assert_eq!(
                count["detail"],
                "count value 11 does not validate. It must be a multiple of 5."
            );
            assert_eq!(
                price["detail"],
                "price value 0.12 does not validate. It must be a multiple of 0.05."
            );
        }
    }
}
