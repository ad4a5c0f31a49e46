//! A service whose requests cost what is asked for: content, computation, or time.

use std::{hint::black_box, time::Duration};

use clap::Parser;
use wsgiservice::{Application, Settings, mount, resource};

/// So many steps of a generator take about 100 microseconds.
const STEPS: u32 = 50_000;

/// How long who waits does.
const WAIT: Duration = Duration::from_millis(5);

/// Content of a given length.
#[mount("/bytes/{length}")]
#[validate(length, range = 1..=1_048_576, doc = "How long the text is.")]
struct Bytes;

#[resource]
impl Bytes {
    /// Return a text of that length.
    fn get(&self, length: usize) -> String {
        "x".repeat(length)
    }
}

/// What computes.
#[mount("/compute")]
struct Compute;

#[resource]
impl Compute {
    /// Return a number that takes its time.
    fn get(&self) -> u64 {
        (0..STEPS).fold(1, |number, _| black_box(step(number)))
    }
}

/// A step of a generator of numbers (Marsaglia's xorshift64).
fn step(mut number: u64) -> u64 {
    number ^= number << 13;
    number ^= number >> 7;
    number ^ (number << 17)
}

/// What waits.
#[mount("/wait")]
struct Wait;

#[resource]
impl Wait {
    /// Return nothing of note, a while later.
    async fn get(&self) -> &'static str {
        tokio::time::sleep(WAIT).await;
        "done"
    }
}

/// A service whose requests cost what is asked for.
#[derive(Parser)]
struct Options {
    #[command(flatten)]
    settings: Settings,
}

fn main() -> wsgiservice::Result<()> {
    let application = Application::new("scale").mount(Bytes).mount(Compute).mount(Wait);
    application.settings(Options::parse().settings).run()
}
