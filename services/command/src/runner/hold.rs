//! A point at which a test holds the command of this application alone.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// The point at which commands are held.
#[derive(Debug, Default)]
pub(crate) struct Hold {
    at: Mutex<Option<&'static str>>,
    is_reached: Notify,
    is_left: Notify,
}

impl Hold {
    /// Holds the command at a point, once.
    pub(crate) fn at(&self, name: &'static str) {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = Some(name);
    }

    /// Waits until the command is at the point.
    pub(crate) async fn is_reached(&self) {
        self.is_reached.notified().await;
    }

    /// Lets the command go on.
    pub(crate) fn leave(&self) {
        self.is_left.notify_one();
    }

    pub(super) async fn reached(&self, name: &str) {
        let is_here = {
            let mut at = self.at.lock().unwrap_or_else(PoisonError::into_inner);
            at.take_if(|at| *at == name).is_some()
        };
        if is_here {
            self.is_reached.notify_one();
            self.is_left.notified().await;
        }
    }
}
