//! The setting that says what is logged.

use std::str::FromStr;

use tracing_subscriber::filter::{LevelFilter, Targets};

/// What is logged: a level, or levels by the target of a line, with commas between them.
///
/// ```
/// use wsgiservice::server::{LogFilter, Settings};
///
/// let mut settings = Settings::default();
/// settings.log = "warn,hyper=debug".parse()?;
/// settings.log = "info,wsgiservice::access=off".parse()?; // all but the lines of requests
/// assert!("loud".parse::<LogFilter>().is_err());
/// # Ok::<_, wsgiservice::server::InvalidFilter>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Deserialize)]
#[serde(try_from = "String")]
pub struct LogFilter(Targets);

impl LogFilter {
    pub(super) fn targets(&self) -> Targets {
        self.0.clone()
    }
}

impl Default for LogFilter {
    /// Errors, warnings and infos, among which are the lines of requests.
    fn default() -> Self {
        Self(Targets::new().with_default(LevelFilter::INFO))
    }
}

impl FromStr for LogFilter {
    type Err = InvalidFilter;

    fn from_str(text: &str) -> Result<Self, InvalidFilter> {
        let mut targets = Targets::new();
        for part in text.split(',') {
            let (target, level) = match part.split_once('=') {
                Some((target, level)) => (Some(target.trim()), level.trim()),
                None => (None, part.trim()),
            };
            let invalid = || InvalidFilter(part.trim().to_owned());
            let level = LEVELS.iter().find(|(name, _)| name.eq_ignore_ascii_case(level));
            let (_, level) = level.ok_or_else(invalid)?;
            targets = match target {
                Some(target) if is_target(target) => targets.with_target(target, *level),
                Some(_) => return Err(invalid()),
                None => targets.with_default(*level),
            };
        }
        Ok(Self(targets))
    }
}

/// Whether it is the name of a module or of a crate, as almost all targets are. Another separator than a comma is a mistake.
fn is_target(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|it| it.is_alphanumeric() || "_:-./".contains(it))
}

const LEVELS: [(&str, LevelFilter); 6] = [
    ("off", LevelFilter::OFF),
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
];

impl TryFrom<String> for LogFilter {
    type Error = InvalidFilter;

    fn try_from(text: String) -> Result<Self, InvalidFilter> {
        text.parse()
    }
}

/// The error for text that is not a [`LogFilter`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a level (off, error, warn, info, debug, trace) or target=level, for example warn,hyper=debug, found `{0}`"
)]
pub struct InvalidFilter(String);

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn each_target_can_have_a_level_of_its_own() {
        let filter: LogFilter = "WARN, hyper = debug,a::b=off".parse().expect("a filter");
        for (target, level, expected) in [
            ("other", Level::WARN, true),
            ("other", Level::INFO, false),
            ("hyper", Level::DEBUG, true),
            ("a::b::c", Level::ERROR, false),
        ] {
            assert_eq!(filter.0.would_enable(target, &level), expected, "{target} {level}");
        }
        assert_eq!("info".parse(), Ok(LogFilter::default()));
    }

    #[test]
    fn all_else_is_refused() {
        for text in [
            "",
            "loud",
            "hyper",
            "info,",
            "=info",
            "hyper=",
            "hyper=loud",
            "info hyper=debug",
            "info;hyper=debug",
            "1",
        ] {
            assert!(text.parse::<LogFilter>().is_err(), "{text}");
        }
    }
}
