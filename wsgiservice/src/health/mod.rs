//! Whether a service does well: its own checks, and what they found.

mod checks;
#[cfg(feature = "server")]
mod task;

use crate::{error::Causes, http::body::BoxError};

pub(crate) use self::checks::{Check, CheckResult, Checks, wrong_names};
#[cfg(feature = "server")]
pub(crate) use self::task::TaskHealth;

/// What a [check](crate::Application::check) finds.
///
/// ```
/// use wsgiservice::health::Health;
///
/// let free = 7;
/// let health = match free {
///     0 => Health::Fail("the disk is full".to_owned()),
///     1..10 => Health::Warn(format!("{free} GB left")),
///     _ => Health::Pass,
/// };
/// assert_eq!(health, Health::Warn("7 GB left".to_owned()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the format has these three only")]
pub enum Health {
    /// All is well.
    Pass,
    /// Requests get their responses, but somebody should look at it.
    Warn(String),
    /// The service cannot do its work: load balancers send it no requests.
    Fail(String),
}

/// What a [check](crate::Application::check) may return: a [`Health`], nothing, or a `Result` whose error is a failure, with
/// its causes.
#[diagnostic::on_unimplemented(
    message = "a check cannot return `{Self}`",
    note = "return `Result<(), E>` with an error that can be a `Box<dyn Error>`, or a `Health`",
    note = "await a future: `async move || check().await`"
)]
pub trait CheckReturn {
    #[doc(hidden)]
    fn into_health(self) -> Health;
}

impl CheckReturn for Health {
    fn into_health(self) -> Health {
        self
    }
}

impl CheckReturn for () {
    fn into_health(self) -> Health {
        Health::Pass
    }
}

impl<T: CheckReturn, E: Into<BoxError>> CheckReturn for Result<T, E> {
    fn into_health(self) -> Health {
        match self {
            Ok(value) => value.into_health(),
            Err(error) => Health::Fail(Causes(&*error.into()).to_string()),
        }
    }
}

impl Health {
    /// The word for it in `application/health+json`.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn(_) => "warn",
            Self::Fail(_) => "fail",
        }
    }

    /// What is wrong.
    pub(crate) fn message(&self) -> Option<&str> {
        match self {
            Self::Pass => None,
            Self::Warn(message) | Self::Fail(message) => Some(message),
        }
    }

    /// The same with a message that is [`plain`].
    fn plain(self) -> Self {
        match self {
            Self::Pass => Self::Pass,
            Self::Warn(message) => Self::Warn(plain(&message)),
            Self::Fail(message) => Self::Fail(plain(&message)),
        }
    }

    /// The worse one of two.
    pub(crate) fn is_worse_than(&self, other: &Self) -> bool {
        let rank = |health: &Self| match health {
            Self::Pass => 0,
            Self::Warn(_) => 1,
            Self::Fail(_) => 2,
        };
        rank(self) > rank(other)
    }
}

/// The longest text that is told of a check, in characters.
const LONGEST: usize = 1_000;

/// A text in one line, and not too long. The message of an error can be a whole page, and what controls a terminal.
fn plain(text: &str) -> String {
    let is_plain = |it: char| {
        !it.is_control()
            && !matches!(it, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}')
    };
    let mut rest = text.chars();
    let mut plain: String =
        rest.by_ref().take(LONGEST).map(|it| if is_plain(it) { it } else { ' ' }).collect();
    if rest.next().is_some() {
        plain.push('…');
    }
    plain
}
