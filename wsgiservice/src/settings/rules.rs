//! The rules of a setting.

use toml::Value;
use wsgiservice_grammar::rule::Rule;

use super::print::plain;
use crate::rules::CompiledRule;

/// The rules of a setting.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rules(pub(super) &'static [Rule<'static>]);

impl Rules {
    /// Why a value, or one in a list, breaks a rule.
    pub(super) fn broken(self, value: &Value) -> Option<String> {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let of_value = |value: &Value| self.0.iter().find_map(|rule| broken(rule, value));
        values.iter().find_map(of_value)
    }

    /// The rules in words.
    pub(super) fn in_words(self) -> Option<String> {
        let compiled = self.0.iter().filter_map(|rule| CompiledRule::new(rule).ok());
        let words: Vec<_> = compiled.filter_map(|rule| rule.in_words(false)).collect();
        (!words.is_empty()).then(|| words.join(", "))
    }
}

fn broken(rule: &Rule<'static>, value: &Value) -> Option<String> {
    let rule = match CompiledRule::new(rule) {
        Ok(rule) => rule,
        Err(error) => return Some(error.to_string()),
    };
    if rule.is_of_numbers() && !(value.is_integer() || value.is_float()) {
        return Some("it must be a number".to_owned());
    }
    let (_, reason) = rule.check(&plain(value)).err()?;
    let reason = reason.strip_suffix('.').unwrap_or(&reason);
    Some(reason.strip_prefix("It").map_or(reason.to_owned(), |rest| format!("it{rest}")))
}
