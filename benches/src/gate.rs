//! The check that `.ci/run` makes: the exact figures, compared with hyper by hand in the same run.

use std::{io, path::Path};

use crate::{counts, server::Subject};

/// The maximum ratio of our instructions per request to those of hyper by hand.
///
/// The required ratio is 1.0; the margin is for processors and compilers that copy memory differently.
const INSTRUCTIONS: f64 = 1.02;

/// The maximum allocations per request: stricter than the goal, so that they do not grow unnoticed.
const ALLOCATIONS: f64 = 3.0;

/// Checks our figures against their bounds.
///
/// # Errors
/// If a figure exceeds its bound.
pub(crate) fn check(
    ours: &Subject,
    theirs: &Subject,
    programs: &Path,
    targets: &[String],
    folder: &Path,
) -> io::Result<()> {
    let ours = counts::count(ours, programs, targets, folder)?;
    let theirs = counts::count(theirs, programs, targets, folder)?;
    let ratio = ours.instructions / theirs.instructions;
    println!(
        "instructions per request: {:.0}, by hand {:.0}: {ratio:.3} (at most {INSTRUCTIONS:.2})",
        ours.instructions, theirs.instructions
    );
    println!(
        "allocations per request: {:.2}, by hand {:.2} (at most {ALLOCATIONS})",
        ours.allocations, theirs.allocations
    );
    if ratio > INSTRUCTIONS || ours.allocations > ALLOCATIONS {
        return Err(io::Error::other("a request costs more than allowed"));
    }
    Ok(())
}
