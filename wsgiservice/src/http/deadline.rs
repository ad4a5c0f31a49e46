//! How long a client waits.

use std::time::Duration;

use http::{HeaderMap, HeaderName};
use tokio::time::Instant;

/// The field with which a client says how many milliseconds it waits.
const FIELD: HeaderName = HeaderName::from_static("x-request-timeout-ms");

/// When a client no longer waits for a response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Instant);

impl Deadline {
    /// The deadline of a request that came now. A value that is no number says nothing.
    pub(super) fn of(fields: &HeaderMap) -> Option<Self> {
        let milliseconds = fields.get(FIELD)?.to_str().ok()?.parse().ok()?;
        Instant::now().checked_add(Duration::from_millis(milliseconds)).map(Self)
    }

    pub(crate) fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    pub(crate) fn has_passed(self) -> bool {
        self.left().is_zero()
    }

    #[cfg(feature = "client")]
    pub(crate) fn instant(self) -> Instant {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_deadline_is_a_number_of_milliseconds() {
        let of =
            |value| Deadline::of(&HeaderMap::from_iter([(FIELD, HeaderValue::from_static(value))]));
        assert!(of("0").is_some_and(Deadline::has_passed));
        assert!(of("60000").is_some_and(|deadline| deadline.left() > Duration::from_secs(50)));
        for value in ["", "-1", "1.5", "soon", "99999999999999999999999999"] {
            assert!(of(value).is_none(), "{value}");
        }
    }
}
