//! What a request costs the resource of `examples/geoip`, beside the same job by hand on stock hyper and on axum.

mod build;
mod compare;
mod counts;
mod figure;
mod gate;
mod job;
mod rounds;
mod same;
mod scale;
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
    scale::Scale,
    server::{Server, Subject},
};

/// Ours, and the two that readers will ask about.
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

/// Compares what a request costs the resource of the GeoIP example with what it costs by hand, and prints a table.
#[derive(Parser)]
struct Options {
    #[command(subcommand)]
    what: Option<What>,
    #[command(flatten)]
    effort: Effort,
    /// Measure how long the programs take to build, too, which takes minutes.
    #[arg(long)]
    builds: bool,
}

#[derive(Clone, Copy, Subcommand)]
enum What {
    /// Hold instructions and allocations against their bounds, as .ci/run does.
    Gate,
    /// Print how cost grows with connections, content and cores.
    Scale,
}

fn main() -> io::Result<()> {
    let options = Options::parse();
    let folder = folder()?;
    let targets = job::targets();
    match options.what {
        Some(What::Gate) => hold(&targets, &folder),
        Some(What::Scale) => measure_scale(&targets, &folder, options.effort),
        None => compare(&targets, &folder, &options),
    }
}

fn hold(targets: &[String], folder: &Path) -> io::Result<()> {
    if let Some(tool) = tools::missing(&["valgrind"]) {
        println!("skipped: there is no {tool} to count with");
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
        "{} rounds of {} s each; the median, and from the least to the most. HTTP/2 is not served yet.",
        effort.rounds, effort.seconds
    );
    Ok(())
}

fn measure_scale(targets: &[String], folder: &Path, effort: Effort) -> io::Result<()> {
    let programs = build::programs(&scale::SUBJECTS, &target())?;
    Scale { programs: &programs, targets, folder, effort }.print()
}

/// Builds all subjects, which have to give the same answers; the folder that they are in.
fn build_and_check(targets: &[String]) -> io::Result<PathBuf> {
    let programs = build::programs(&SUBJECTS, &target())?;
    let [ours, others @ ..] = &SUBJECTS;
    others.iter().try_for_each(|other| same(ours, other, &programs, targets))?;
    Ok(programs)
}

/// Where cargo builds, and what is measured is kept.
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
    println!("{} and {} give the same answers", ours.name, other.name);
    one.stop()?;
    two.stop()
}

#[cfg(test)]
mod tests {
    /// What is said of a resource and its methods.
    fn declared(source: &str) -> Vec<&str> {
        let lines = source.lines().map(str::trim).take_while(|line| !line.starts_with("fn main"));
        lines.filter(|line| line.starts_with("#[") || line.starts_with("///")).collect()
    }

    #[test]
    fn what_is_measured_declares_what_the_example_does() {
        let ours = declared(include_str!("../by-annotation/main.rs"));
        assert!(!ours.is_empty());
        assert_eq!(ours, declared(include_str!("../../examples/geoip/src/main.rs")));
    }
}
