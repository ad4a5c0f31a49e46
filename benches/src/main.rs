//! Counts the cost of a request to the resource of `examples/geoip`, compared with the same job written by hand on
//! stock hyper and on axum, and the cost of a call by our client, compared with other clients.

mod calls;
mod client;
mod comparison;
mod connection;
mod counts;
mod gate;
mod job;
mod program;
mod same;
mod server;
mod size;
mod table;
mod tools;
mod valgrind;

use std::io;

use clap::{Parser, Subcommand};

use self::{
    client::Client,
    program::{AXUM, HYPER, HYPER_TAGGED, OURS, OURS_TAGGED, Program},
};

/// Compares the cost of a request with the same job written by hand, and prints a table.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Check instructions and allocations against their bounds, as .ci/run does.
    Gate,
    /// Compare what a call costs with our client and with others.
    Client,
    /// Print a script for wrk that sends a client's requests.
    WrkScript {
        client: Client,
        /// The number of requests to send at once.
        #[arg(default_value_t = 1)]
        depth: usize,
    },
}

fn main() -> io::Result<()> {
    let targets = job::targets();
    match Options::parse().command {
        Some(Command::WrkScript { client, depth }) => {
            print!("{}", job::wrk_script(client, &targets, depth.max(1)));
            Ok(())
        }
        Some(Command::Gate) => match tools::missing(&["valgrind", "taskset"]) {
            Some(tool) => {
                println!("skipped: {tool} not found");
                Ok(())
            }
            None => {
                build_and_check(&[&OURS, &HYPER], &targets)?;
                gate::check(&targets)?;
                calls::check()
            }
        },
        Some(Command::Client) => match tools::missing(&["valgrind", "taskset"]) {
            Some(tool) => Err(io::Error::other(format!("{tool} not found"))),
            None => calls::print(),
        },
        None => match tools::missing(&["valgrind", "taskset", "strip"]) {
            Some(tool) => Err(io::Error::other(format!("{tool} not found"))),
            None => {
                build_and_check(&[&OURS, &HYPER, &AXUM], &targets)?;
                build_and_check(&[&OURS_TAGGED, &HYPER_TAGGED], &targets)?;
                comparison::print(&targets)
            }
        },
    }
}

/// Builds programs for the same job, and checks that they send the same responses.
fn build_and_check(programs: &[&Program], targets: &[String]) -> io::Result<()> {
    programs.iter().try_for_each(|program| program.build())?;
    same::check(programs, targets)?;
    let names: Vec<_> = programs.iter().map(|program| program.name()).collect();
    println!("the same responses: {}", names.join(", "));
    Ok(())
}
