//! Exact figures: the instructions and the allocations of a request, counted by valgrind.
//!
//! Each figure is the difference between a run with few requests and a run with many, over one connection. This
//! excludes the start and the end of the server. Valgrind replaces the allocator of a program to count allocations, so
//! no program needs a special build.

use std::{
    fs::{self, File},
    io,
    path::PathBuf,
};

use crate::{
    client::Client,
    connection::Connection,
    program::{Program, measurements},
    server::Server,
};

/// The number of requests in the short run.
const FEW: usize = 1_000;
/// The number of requests in the long run.
const MANY: usize = 3_000;

/// What a request of a client costs in each program, ours first and hyper by hand second.
pub(crate) struct Cost {
    pub(crate) client: Client,
    /// User instructions.
    pub(crate) instructions: Vec<f64>,
    /// Calls that allocate memory.
    pub(crate) allocations: Vec<f64>,
}

impl Cost {
    /// The ratio of our instructions to those of hyper by hand.
    pub(crate) fn ratio(&self) -> f64 {
        self.instructions[0] / self.instructions[1]
    }
}

/// Counts what a request of each client costs in each program.
pub(crate) fn count(programs: &[&Program], targets: &[String]) -> io::Result<Vec<Cost>> {
    let cost = |client: Client| {
        let requests: Vec<String> = targets.iter().map(|target| client.request(target)).collect();
        let count = |tool, read| {
            programs
                .iter()
                .map(|program| per_request(program, client, &requests, tool, read))
                .collect::<io::Result<_>>()
        };
        Ok(Cost {
            client,
            instructions: count("callgrind", instructions as Reader)?,
            allocations: count("memcheck", allocations)?,
        })
    };
    Client::ALL.into_iter().map(cost).collect()
}

/// A function that finds a count in the output of a tool.
type Reader = fn(&str) -> Option<f64>;

fn per_request(
    program: &Program,
    client: Client,
    requests: &[String],
    tool: &str,
    read: Reader,
) -> io::Result<f64> {
    let run = format!("{}-{client:?}", program.name());
    eprintln!("{tool}: {run}");
    let count = |number: usize| {
        let text = run_under(tool, &run, program, requests.iter().cycle().take(number))?;
        read(&text).ok_or_else(|| io::Error::other(format!("unexpected output of {tool}")))
    };
    let few = count(FEW)?;
    Ok((count(MANY)? - few) / (MANY - FEW) as f64)
}

/// Runs a server under a valgrind tool, and returns the tool's output.
fn run_under<'a>(
    tool: &str,
    name: &str,
    program: &Program,
    mut requests: impl Iterator<Item = &'a String>,
) -> io::Result<String> {
    let output = measurements()?.join(format!("{name}.{tool}"));
    let log = PathBuf::from(format!("{}.log", output.display()));
    let tool_option = format!("--tool={tool}");
    let output_option = format!("--callgrind-out-file={}", output.display());
    // On one core, as under load: the counts then do not depend on how the runtime schedules its threads.
    let mut arguments = vec!["-c", "0", "valgrind", &tool_option];
    match tool {
        "callgrind" => arguments.push(&output_option),
        _ => arguments.extend(["--leak-check=no", "--undef-value-errors=no"]),
    }
    let mut command = program.command_under("taskset", &arguments);
    let server = Server::start(command.stderr(File::create(&log)?))?;
    let mut connection = Connection::new(server.address())?;
    requests.try_for_each(|request| connection.send(request).map(|_| ()))?;
    drop(connection);
    server.stop()?;
    fs::read_to_string(if tool == "callgrind" { output } else { log })
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
