#![doc = include_str!("../README.md")]

mod command_line;
mod list;
mod one;
mod service;
mod topology;
mod up;

use std::env;

pub use list::SERVICES;
pub use one::Invocation;
pub use service::{Scope, Service};

/// Does what the command line of the process says, with these services.
///
/// The program `services` has [`SERVICES`]; a test can have others, too.
///
/// # Errors
/// If the service, `up` or the check of a topology fails.
pub fn main(services: &[Service]) -> wsgiservice::Result<()> {
    let mut arguments = env::args_os().skip(1);
    let name = arguments.next().unwrap_or_default();
    // All that follows the name of a service is read by the service.
    if let Some(service) = services.iter().find(|service| name == service.name) {
        return (service.run)(Invocation::new(service.name, arguments.collect()));
    }
    match command_line::parse(services) {
        command_line::Command::Up(options) => up::up(services, &options),
        command_line::Command::CheckTopology(file) => topology::check(&file),
    }
}
