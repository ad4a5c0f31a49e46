//! A service for load tests, with requests that cost content, computation or time.

use std::{hint::black_box, time::Duration};

use clap::Parser;
use wsgiservice::{Application, mount, resource, server::Settings};

/// The number of generator steps that take about 100 microseconds.
const STEPS: u32 = 50_000;

/// How long a request to `/wait` waits.
const WAIT: Duration = Duration::from_millis(5);

/// Content of a given length.
#[mount("/bytes/{length}")]
#[validate(length, range = 1..=1_048_576, doc = "The length of the text, in bytes.")]
struct Bytes;

#[resource]
impl Bytes {
    /// Return a text of this length.
    fn get(&self, length: usize) -> String {
        "x".repeat(length)
    }
}

/// A resource that computes.
#[mount("/compute")]
struct Compute;

#[resource]
impl Compute {
    /// Return a number after about 100 microseconds of computation.
    fn get(&self) -> u64 {
        (0..STEPS).fold(1, |number, _| black_box(step(number)))
    }
}

/// A step of a random number generator (Marsaglia's xorshift64).
fn step(mut number: u64) -> u64 {
    number ^= number << 13;
    number ^= number >> 7;
    number ^ (number << 17)
}

/// A resource that waits.
#[mount("/wait")]
struct Wait;

#[resource]
impl Wait {
    /// Return a constant after 5 milliseconds.
    async fn get(&self) -> &'static str {
        tokio::time::sleep(WAIT).await;
        "done"
    }
}

/// A service for load tests, with requests that cost content, computation or time.
#[derive(Parser)]
struct Options {
    #[command(flatten)]
    settings: Settings,
}

fn main() -> wsgiservice::Result<()> {
    let application = Application::new("scale").mount(Bytes).mount(Compute).mount(Wait);
    application.run_with(Options::parse().settings)
}
