//! Exact figures: the instructions and the allocations of a program, counted by valgrind.
//!
//! Valgrind replaces the allocator of a program to count allocations, so no program needs a special build.

use std::{
    fs::{self, File},
    io,
    path::PathBuf,
    process::Command,
};

use crate::program::{Program, measurements};

/// The units of work in the short run.
const FEW: usize = 1_000;
/// The units of work in the long run.
const MANY: usize = 3_000;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Figure {
    /// User instructions.
    Instructions,
    /// Calls that allocate memory.
    Allocations,
}

/// A run of a program in which something is counted.
pub(crate) struct Run {
    figure: Figure,
    output: PathBuf,
    log: PathBuf,
}

/// The figure of one unit of work: the difference between a run with few units and one with many, without the start and
/// the end of the program.
pub(crate) fn per_unit(mut count: impl FnMut(usize) -> io::Result<f64>) -> io::Result<f64> {
    let few = count(FEW)?;
    Ok((count(MANY)? - few) / (MANY - FEW) as f64)
}

impl Figure {
    fn tool(self) -> &'static str {
        match self {
            Self::Instructions => "callgrind",
            Self::Allocations => "memcheck",
        }
    }
}

impl Run {
    pub(crate) fn new(figure: Figure, name: &str) -> io::Result<Self> {
        let output = measurements()?.join(format!("{name}.{}", figure.tool()));
        let log = PathBuf::from(format!("{}.log", output.display()));
        Ok(Self { figure, output, log })
    }

    /// The command that starts a program for this run.
    pub(crate) fn command(&self, program: &Program) -> io::Result<Command> {
        let tool = format!("--tool={}", self.figure.tool());
        let output = format!("--callgrind-out-file={}", self.output.display());
        // On one core, as under load: the counts then do not depend on how the runtime schedules its threads.
        let mut arguments = vec!["-c", "0", "valgrind", &tool];
        match self.figure {
            Figure::Instructions => arguments.push(&output),
            Figure::Allocations => arguments.extend(["--leak-check=no", "--undef-value-errors=no"]),
        }
        let mut command = program.command_under("taskset", &arguments);
        command.stderr(File::create(&self.log)?);
        Ok(command)
    }

    /// The count, after the program has ended.
    pub(crate) fn count(&self) -> io::Result<f64> {
        let count = match self.figure {
            Figure::Instructions => instructions(&fs::read_to_string(&self.output)?),
            Figure::Allocations => allocations(&fs::read_to_string(&self.log)?),
        };
        let tool = self.figure.tool();
        count.ok_or_else(|| io::Error::other(format!("unexpected output of {tool}")))
    }
}

/// Parses callgrind's `summary: 123` or `totals: 123`.
fn instructions(text: &str) -> Option<f64> {
    text.lines().rev().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        matches!(name, "summary" | "totals").then(|| value.trim().parse().ok()).flatten()
    })
}

/// Parses memcheck's `total heap usage: 1,234 allocs, …`.
fn allocations(text: &str) -> Option<f64> {
    let (_, rest) = text.split_once("total heap usage: ")?;
    rest.split_once(" allocs")?.0.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_of_valgrind_is_parsed() {
        assert_eq!(instructions("events: Ir\nsummary: 123\n\n"), Some(123.0));
        assert_eq!(allocations("==1==   total heap usage: 1,234 allocs, 5 frees"), Some(1234.0));
    }
}
