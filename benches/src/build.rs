//! How the programs are built, and how long that takes.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant, SystemTime},
};

use crate::{rounds::median, server::Subject};

/// How often a source is touched.
const TOUCHES: usize = 3;

/// Builds the programs as they are released; the folder that they are in.
pub(crate) fn programs(subjects: &[Subject], target: &Path) -> io::Result<PathBuf> {
    // Each by itself, so that no dependency gets features that another program asks for.
    subjects.iter().try_for_each(|subject| build(subject, target, &["--release"]))?;
    Ok(target.join("release"))
}

/// How long it takes to build a program and all that it needs, as it is released, in seconds.
pub(crate) fn clean(subject: &Subject, folder: &Path) -> io::Result<f64> {
    let target = fresh(folder)?;
    run(Command::new("cargo").args(["fetch", "--locked", "--quiet"]))?;
    let took = time(|| build(subject, &target, &["--release"]))?;
    fs::remove_dir_all(target)?;
    Ok(took.as_secs_f64())
}

/// How long it takes to build a program after its source was touched, as it is developed, in seconds.
pub(crate) fn touched(subject: &Subject, folder: &Path) -> io::Result<f64> {
    let target = fresh(folder)?;
    build(subject, &target, &[])?;
    let source = root().join(subject.source);
    let mut times = Vec::new();
    for _ in 0..TOUCHES {
        File::options().append(true).open(&source)?.set_modified(SystemTime::now())?;
        times.push(time(|| build(subject, &target, &[]))?.as_secs_f64());
    }
    fs::remove_dir_all(target)?;
    Ok(median(&times))
}

/// The folder that the project is in.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A target folder in which nothing is.
fn fresh(folder: &Path) -> io::Result<PathBuf> {
    let target = folder.join("build");
    match fs::remove_dir_all(&target) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(target),
    }
}

fn build(subject: &Subject, target: &Path, options: &[&str]) -> io::Result<()> {
    let mut command = Command::new("cargo");
    command.args(["build", "--locked", "--quiet", "--package", subject.package]);
    command.args(["--bin", subject.program]).args(options);
    run(command.arg("--target-dir").arg(target))
}

fn run(command: &mut Command) -> io::Result<()> {
    if command.current_dir(root()).status()?.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("{command:?} fails")))
}

fn time(work: impl FnOnce() -> io::Result<()>) -> io::Result<Duration> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}
