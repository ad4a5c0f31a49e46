//! What a service tells of its health, as `application/health+json`.

use std::cmp::Reverse;

use serde::Deserialize;
use serde_json::Value;

use crate::{
    client::{Answer, Failure},
    report::State,
};

/// The health of a service.
#[derive(Debug, Deserialize)]
pub(crate) struct Health {
    status: Word,
    /// Only hosts that the service trusts are told. The state does not depend on it: a service that fails must not become unknown
    /// because of how it tells why.
    #[serde(default)]
    checks: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Pass,
    Warn,
    Fail,
}

impl Health {
    /// # Errors
    /// If the response is not a health document.
    pub(crate) fn read(answer: &Answer) -> Result<Self, Failure> {
        serde_json::from_slice(&answer.content).map_err(|_| {
            let status = answer.status.as_u16();
            Failure::Unreadable(format!("the answer has no health, and the status {status}"))
        })
    }

    pub(crate) fn state(&self) -> State {
        match self.status {
            Word::Pass => State::Ok,
            Word::Warn => State::Warning,
            Word::Fail => State::Critical,
        }
    }

    /// The word, and what the checks have found.
    pub(crate) fn message(&self) -> String {
        let word = match self.status {
            Word::Pass => "pass",
            Word::Warn => "warn",
            Word::Fail => "fail",
        };
        match self.found().join("; ") {
            found if found.is_empty() => format!("health {word}"),
            found => format!("health {word} ({found})"),
        }
    }

    /// What the checks that do not pass have found, the worst first: the end of a long message is cut.
    fn found(&self) -> Vec<String> {
        let checks = self.checks.as_object().into_iter().flatten();
        let results = checks.flat_map(|(name, results)| {
            results.as_array().into_iter().flatten().map(move |it| (name, it))
        });
        let found = results.filter_map(|(name, result)| {
            let status = result.get("status").filter(|it| it.is_string())?;
            let word = Word::deserialize(status).ok();
            (word != Some(Word::Pass)).then_some((word, name, result))
        });
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(|(word, ..)| Reverse(*word));
        let texts = found.iter().map(|(_, name, result)| {
            match result.get("output").and_then(Value::as_str) {
                Some(output) => format!("{name}: {output}"),
                None => (*name).clone(),
            }
        });
        texts.collect()
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    fn read(content: &str) -> Result<Health, Failure> {
        let content = content.to_owned().into();
        Health::read(&Answer { status: StatusCode::NOT_FOUND, content })
    }

    #[test]
    fn a_health_is_a_state_and_what_was_found() {
        for (content, state, message) in [
            (r#"{"status":"pass"}"#, State::Ok, "health pass"),
            (r#"{"status":"fail"}"#, State::Critical, "health fail"),
            (
                r#"{"status":"warn","checks":{"a":[{"status":"pass"}],
                    "disk":[{"status":"warn","output":"7 GB left"}],"b":[{"status":"warn"}]}}"#,
                State::Warning,
                "health warn (b; disk: 7 GB left)",
            ),
            (r#"{"status":"fail","checks":null}"#, State::Critical, "health fail"),
            (
                r#"{"status":"fail","checks":[{"name":"a","status":"fail"}]}"#,
                State::Critical,
                "health fail",
            ),
            (
                r#"{"status":"fail","checks":{"a":[{"output":"x"},{"status":null},7,{"status":"fail","output":8}],
                    "b":{"status":"fail"}}}"#,
                State::Critical,
                "health fail (a)",
            ),
        ] {
            let health = read(content).expect(content);
            assert_eq!((health.state(), health.message().as_str()), (state, message));
        }
    }

    #[test]
    fn the_worst_checks_come_first_since_the_end_of_a_long_message_is_cut() {
        let health = read(
            r#"{"status":"fail","checks":{"a":[{"status":"warn"}],"b":[{"status":"fail"}],
                "c":[{"status":"warn"}],"d":[{"status":"fail"}]}}"#,
        );
        assert_eq!(health.expect("a health").message(), "health fail (b; d; a; c)");
    }

    #[test]
    fn all_else_cannot_be_read() {
        for content in ["", "<html>", "{}", "null", r#"{"status":"fine"}"#, r#"{"status":404}"#] {
            let failure = read(content).expect_err(content);
            assert_eq!(failure.state(), State::Unknown);
            assert!(failure.to_string().ends_with("the status 404"), "{failure}");
        }
    }
}
