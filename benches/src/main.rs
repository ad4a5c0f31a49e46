//! What a request costs `examples/geoip`, beside the same job by hand on stock hyper and on axum.

mod counts;
mod gate;
mod job;
mod same;
mod server;

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use clap::{Parser, Subcommand};

use self::server::{Server, Subject};

/// Ours, and the two that readers will ask about.
const SUBJECTS: [Subject; 3] = [
    Subject {
        name: "wsgiservice",
        package: "geoip",
        program: "geoip",
        source: "examples/geoip/src/main.rs",
        arguments: &["--bind", "127.0.0.1:0"],
    },
    Subject {
        name: "hyper",
        package: "by-hand-hyper",
        program: "by-hand-hyper",
        source: "benches/by-hand/hyper/main.rs",
        arguments: &[],
    },
    Subject {
        name: "axum",
        package: "by-hand-axum",
        program: "by-hand-axum",
        source: "benches/by-hand/axum/main.rs",
        arguments: &[],
    },
];

/// Compares what a request costs the GeoIP example with what it costs by hand.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Clone, Copy, Subcommand)]
enum What {
    /// Hold instructions and allocations against their bounds, as .ci/run does.
    Gate,
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let folder = folder()?;
    let programs = build(&SUBJECTS)?;
    let targets = job::targets();
    let [ours, theirs, others @ ..] = &SUBJECTS;
    same(ours, theirs, &programs, &targets)?;
    for other in others {
        same(ours, other, &programs, &targets)?;
    }
    match options.what {
        Some(What::Gate) if !counts::can_be_had() => {
            println!("skipped: there is no valgrind to count with");
            Ok(())
        }
        Some(What::Gate) => gate::check(ours, theirs, &programs, &targets, &folder),
        None => Ok(()),
    }
}

/// Where cargo builds, and what is measured is kept.
fn target() -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    env::var_os("CARGO_TARGET_DIR").map_or(default, PathBuf::from)
}

fn folder() -> io::Result<PathBuf> {
    let folder = target().join("bench");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Builds the programs as they are released; the folder that they are in.
fn build(subjects: &[Subject]) -> io::Result<PathBuf> {
    for subject in subjects {
        // Each by itself, so that no dependency gets features that another program asks for.
        let built = Command::new("cargo")
            .args(["build", "--release", "--locked", "--quiet", "--package", subject.package])
            .args(["--bin", subject.program])
            .status()?;
        if !built.success() {
            return Err(io::Error::other(format!("{} cannot be built", subject.program)));
        }
    }
    Ok(target().join("release"))
}

fn same(ours: &Subject, other: &Subject, programs: &Path, targets: &[String]) -> io::Result<()> {
    let one = Server::start(&mut ours.command(programs))?;
    let two = Server::start(&mut other.command(programs))?;
    same::check(one.address(), two.address(), targets)?;
    println!("{} and {} give the same answers", ours.name, other.name);
    one.stop()?;
    two.stop()
}
