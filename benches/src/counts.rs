//! Exact figures: the instructions and the allocations of a request, counted by valgrind.
//!
//! Each figure is the difference between a run with few requests and a run with many, over one connection. This
//! excludes the start and the end of the server. Valgrind replaces the allocator of a program to count allocations, so
//! no program needs a special build.

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

/// The number of requests in the short run.
const FEW: usize = 1_000;
/// The number of requests in the long run.
const MANY: usize = 3_000;

/// The cost of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counts {
    /// User instructions.
    pub(crate) instructions: f64,
    /// Calls that allocate memory.
    pub(crate) allocations: f64,
}

/// Counts the cost of a request.
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
            read(&text).ok_or_else(|| io::Error::other(format!("unexpected output of {tool}")))
        };
        Ok((figure(MANY)? - figure(FEW)?) / (MANY - FEW) as f64)
    };
    Ok(Counts {
        instructions: difference("callgrind", instructions)?,
        allocations: difference("memcheck", allocations)?,
    })
}

/// Runs a server under a valgrind tool, and returns the tool's output.
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
    // On one core, as under load: the counts then do not depend on how the runtime schedules its threads.
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
