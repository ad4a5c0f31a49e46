//! How a server stopped.

use std::{io, time::Duration};

/// Whether all requests have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drained {
    Completely,
    /// Requests were cut off.
    CutOff,
}

impl Drained {
    /// # Errors
    /// If requests were cut off after this time.
    pub(super) fn result(self, stop_time: Duration) -> io::Result<()> {
        match self {
            Self::Completely => Ok(()),
            Self::CutOff => {
                let message =
                    format!("requests were cut off: they did not end within {stop_time:?}");
                Err(io::Error::new(io::ErrorKind::TimedOut, message))
            }
        }
    }
}

/// The error after a second signal.
pub(super) fn stopped_at_once() -> io::Error {
    io::Error::new(io::ErrorKind::Interrupted, "stopped at once by a second signal")
}
