//! Measures the cost of a request to the resource of `examples/geoip`, compared with the same job written by hand on
//! stock hyper and on axum.

mod build;
mod compare;
mod counts;
mod figure;
mod gate;
mod job;
mod rounds;
mod same;
mod server;
mod size;
mod table;
mod tools;
mod turn;
mod wrk;

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use clap::{Parser, Subcommand};

use self::{
    compare::Comparison,
    rounds::Effort,
    server::{Server, Subject},
};

/// The programs to compare: the framework first, hyper second.
const SUBJECTS: [Subject; 3] = [
    Subject {
        name: "wsgiservice",
        package: "by-annotation",
        program: "by-annotation",
        source: "benches/by-annotation/main.rs",
        arguments: &[],
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

/// Compares the cost of a request with the same job written by hand, and prints a table.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    effort: Effort,
    /// Also measure build times, which takes several minutes.
    #[arg(long)]
    builds: bool,
}

#[derive(Clone, Copy, Subcommand)]
enum What {
    /// Check instructions and allocations against their bounds, as .ci/run does.
    Gate,
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let folder = folder()?;
    let targets = job::targets();
    match options.what {
        Some(What::Gate) => hold(&targets, &folder),
        None => compare(&targets, &folder, &options),
    }
}

fn hold(targets: &[String], folder: &Path) -> io::Result<()> {
    if let Some(tool) = tools::missing(&["valgrind"]) {
        println!("skipped: {tool} not found");
        return Ok(());
    }
    let programs = build_and_check(targets)?;
    let [ours, theirs, ..] = &SUBJECTS;
    gate::check(ours, theirs, &programs, targets, folder)
}

fn compare(targets: &[String], folder: &Path, options: &Options) -> io::Result<()> {
    let programs = build_and_check(targets)?;
    let (effort, builds) = (options.effort, options.builds);
    let comparison =
        Comparison { subjects: &SUBJECTS, programs: &programs, targets, folder, effort, builds };
    let figures = comparison.figures()?;
    println!("\n{}", figure::table(&SUBJECTS.each_ref().map(|subject| subject.name), figures));
    println!(
        "{} rounds of {} s each: median (minimum–maximum). HTTP/2 is not supported yet.",
        effort.rounds, effort.seconds
    );
    Ok(())
}

/// Builds all subjects, checks that they send the same responses, and returns the folder of the programs.
fn build_and_check(targets: &[String]) -> io::Result<PathBuf> {
    let programs = build::programs(&SUBJECTS, &target())?;
    let [ours, others @ ..] = &SUBJECTS;
    others.iter().try_for_each(|other| same(ours, other, &programs, targets))?;
    Ok(programs)
}

/// The target folder of cargo, which also holds the measurements.
fn target() -> PathBuf {
    let default = build::root().join("target");
    env::var_os("CARGO_TARGET_DIR").map_or(default, PathBuf::from)
}

fn folder() -> io::Result<PathBuf> {
    let folder = target().join("bench");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn same(ours: &Subject, other: &Subject, programs: &Path, targets: &[String]) -> io::Result<()> {
    let one = Server::start(&mut ours.command(programs))?;
    let two = Server::start(&mut other.command(programs))?;
    same::check(one.address(), two.address(), targets)?;
    println!("{} and {} send the same responses", ours.name, other.name);
    one.stop()?;
    two.stop()
}

#[cfg(test)]
mod tests {
    /// The attributes and doc comments of a resource and its methods.
    fn declared(source: &str) -> Vec<&str> {
        let lines = source.lines().map(str::trim).take_while(|line| !line.starts_with("fn main"));
        lines.filter(|line| line.starts_with("#[") || line.starts_with("///")).collect()
    }

    #[test]
    fn the_measured_resource_is_declared_like_the_example() {
        let ours = declared(include_str!("../by-annotation/main.rs"));
        assert!(!ours.is_empty());
        assert_eq!(ours, declared(include_str!("../../examples/geoip/src/main.rs")));
    }
}
