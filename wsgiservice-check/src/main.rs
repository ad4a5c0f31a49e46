//! `check_wsgiservice`, a plugin for Nagios, Icinga and Naemon: is a service well, and does a number of its statistics stay in a
//! range?
//!
//! It follows the guidelines of the Monitoring Plugins: an exit status, and one line with performance data.

// `arguments` are what it is asked, `check` asks the service by `client`, reads what it tells of its `health` and its
// `statistics`, and compares it with a `range`. `report` is the line.

mod arguments;
mod check;
mod client;
mod health;
mod range;
mod report;
mod statistics;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use crate::{arguments::Arguments, report::Report};

fn main() -> ExitCode {
    let (text, state) = match Arguments::read(std::env::args_os()) {
        Ok(arguments) => {
            let report = answer(&arguments);
            (format!("{}\n", report.line()), report.state())
        }
        Err(refused) => (refused.text, report::State::Unknown),
    };
    // The exit code matters even if the line cannot be written.
    let _ = io::stdout().write_all(text.as_bytes());
    state.into()
}

fn answer(arguments: &Arguments) -> Report {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => {
            let report = runtime.block_on(check::check(arguments));
            // A name that is still looked up must not keep the process.
            runtime.shutdown_background();
            report
        }
        Err(error) => Report::new(report::State::Unknown, &error.to_string()),
    }
}
