//! What a test can change in a running service: its clock, where it is killed or held, and which rule of the protocols it
//! lacks.
//!
//! Each is compiled only under a feature of its own, and then does nothing unless a variable of the environment says what. So the same program, without the features, is what runs in production.

mod clock;
mod fail_point;
#[cfg(feature = "fail-points")]
mod hold;
mod rule;

pub use clock::{every, now};
pub use fail_point::reached;
#[cfg(feature = "fail-points")]
pub use hold::Hold;
pub use rule::rule;
