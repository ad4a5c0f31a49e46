//! What `.ci/run` holds: the exact figures, as a ratio to hyper by hand in the same run.

use std::{io, path::Path};

use crate::{counts, server::Subject};

/// The most instructions of a request, against hyper by hand: what they must be at the most, with some room for how another
/// processor or compiler copies.
const INSTRUCTIONS: f64 = 1.02;

/// The most allocations of a request: fewer than the goal allows, so that they become no more.
const ALLOCATIONS: f64 = 3.0;

/// Holds the figures of ours against their bounds.
///
/// # Errors
/// Where one passes its bound.
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
        return Err(io::Error::other("a request costs more than it may"));
    }
    Ok(())
}
