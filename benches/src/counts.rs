//! What is exact: the instructions and the allocations of a request, by valgrind.
//!
//! Each is the difference between a run with few requests and one with many, over one connection, so that what starts
//! and ends a server is not in it. Valgrind's own heap counts the allocations: it stands in for the allocator of any
//! program, and so no program has to be built for it.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use crate::{
    compare::SERVER,
    job::Connection,
    server::{Server, Subject},
};

/// How many requests the two runs have.
const FEW: usize = 1_000;
const MANY: usize = 3_000;

/// What a request costs a server.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    /// User instructions.
    pub(crate) instructions: f64,
    /// Calls of the allocator that give memory.
    pub(crate) allocations: f64,
}

/// Counts what a request costs.
pub(crate) fn count(
    subject: &Subject,
    programs: &Path,
    targets: &[String],
    folder: &Path,
) -> io::Result<Counts> {
    let run = |tool: &str, requests| {
        let output = folder.join(format!("{}.{tool}", subject.program));
        run(subject, programs, targets, tool, &output, requests)
    };
    let difference = |tool: &str, read: fn(&str) -> Option<f64>| -> io::Result<f64> {
        let figure = |requests| {
            let text = run(tool, requests)?;
            read(&text).ok_or_else(|| io::Error::other(format!("{tool} says nothing of use")))
        };
        Ok((figure(MANY)? - figure(FEW)?) / (MANY - FEW) as f64)
    };
    Ok(Counts {
        instructions: difference("callgrind", instructions)?,
        allocations: difference("memcheck", allocations)?,
    })
}

/// What a tool of valgrind's says of a run.
fn run(
    subject: &Subject,
    programs: &Path,
    targets: &[String],
    tool: &str,
    output: &Path,
    requests: usize,
) -> io::Result<String> {
    let log = PathBuf::from(format!("{}.log", output.display()));
    let tool_option = format!("--tool={tool}");
    // On one core, as under load: there, nothing depends on how the threads of a runtime take turns.
    let mut words = vec!["taskset", "-c", SERVER, "valgrind", &tool_option];
    let output_option = format!("--callgrind-out-file={}", output.display());
    if tool == "callgrind" {
        words.push(&output_option);
    } else {
        words.extend(["--leak-check=no", "--undef-value-errors=no"]);
    }
    let server = Server::start(subject.under(programs, &words).stderr(File::create(&log)?))?;
    Connection::new(server.address())?.run(targets, requests)?;
    server.stop()?;
    fs::read_to_string(if tool == "callgrind" { output } else { &log })
}

/// Callgrind's `summary: 123`, or `totals: 123`.
fn instructions(text: &str) -> Option<f64> {
    text.lines().rev().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        matches!(name, "summary" | "totals").then(|| value.trim().parse().ok()).flatten()
    })
}

/// Memcheck's `total heap usage: 1,234 allocs, …`.
fn allocations(text: &str) -> Option<f64> {
    let (_, rest) = text.split_once("total heap usage: ")?;
    rest.split_once(" allocs")?.0.replace(',', "").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_valgrind_says_is_read() {
        assert_eq!(instructions("events: Ir\nsummary: 123\n\n"), Some(123.0));
        assert_eq!(allocations("==1==   total heap usage: 1,234 allocs, 5 frees"), Some(1234.0));
    }
}
