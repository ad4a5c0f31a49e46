//! What a test can change in a running service: its clock, and where it is killed or held.
//!
//! Both are compiled only under a feature of their own, and then do nothing unless a variable of the environment names their
//! file. So the same program, without the features, is what runs in production.

mod clock;
mod fail_point;

pub use clock::{every, now};
pub use fail_point::reached;
