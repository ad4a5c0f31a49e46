//! A point at which a test holds one application of its own process.

use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// A point at which a test holds one application, while others in the same process pass it.
#[derive(Debug, Default)]
pub struct Hold {
    at: Mutex<Option<&'static str>>,
    is_reached: Notify,
    is_left: Notify,
}

impl Hold {
    /// Holds the application at a point, once.
    pub fn at(&self, name: &'static str) {
        *self.at.lock().unwrap_or_else(PoisonError::into_inner) = Some(name);
    }

    /// Waits until the application is at the point.
    pub async fn is_reached(&self) {
        self.is_reached.notified().await;
    }

    /// Lets the application go on.
    pub fn leave(&self) {
        self.is_left.notify_one();
    }

    /// Is called at each point, and waits at that of the test.
    pub async fn reached(&self, name: &str) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_point_is_held_once_until_it_is_left() {
        let hold = Hold::default();
        hold.at("a");
        hold.reached("b").await;
        let test = async {
            hold.is_reached().await;
            hold.leave();
        };
        tokio::join!(hold.reached("a"), test);
        hold.reached("a").await;
    }
}
