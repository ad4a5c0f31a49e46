//! Builds the programs, and measures how long that takes.

use std::{
    fs::{self, File},
    io, iter,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant, SystemTime},
};

use crate::{rounds::median, server::Subject, turn::Resting};

/// The number of builds after a touch.
const TOUCHES: usize = 3;

/// How long one build runs before the next one's turn.
const SLICE: Duration = Duration::from_millis(500);

/// Builds the programs in release mode, and returns their folder.
pub(crate) fn programs(subjects: &[Subject], target: &Path) -> io::Result<PathBuf> {
    // Separate builds, so that no program enables features of another program's dependencies.
    subjects.iter().try_for_each(|subject| build(subject, target, &["--release"]))?;
    Ok(target.join("release"))
}

/// Measures a clean release build of each program and its dependencies, in seconds.
///
/// The builds take turns in time slices, so that a disturbance of the machine affects all of them. The slices of the
/// first build are `first_is_longer` times as long, so that all builds end at about the same time: at the end, a build
/// that runs alone would be the only one affected.
pub(crate) fn clean(
    subjects: &[Subject],
    folder: &Path,
    first_is_longer: f64,
) -> io::Result<Vec<f64>> {
    run(Command::new("cargo").args(["fetch", "--locked", "--quiet"]).current_dir(root()))?;
    let mut builds = Vec::new();
    for (subject, longer) in
        subjects.iter().zip(iter::once(first_is_longer).chain(iter::repeat(1.0)))
    {
        let target = fresh(folder, subject.program)?;
        let resting = Resting::start(&mut command(subject, &target, &["--release"]))?;
        builds.push(Build { target, resting, slice: SLICE.mul_f64(longer), ended: false });
    }
    while builds.iter().any(|build| !build.ended) {
        builds.iter_mut().filter(|build| !build.ended).try_for_each(Build::go_on)?;
    }
    let seconds = builds.iter().map(|build| build.resting.active().as_secs_f64()).collect();
    builds.iter().try_for_each(|build| fs::remove_dir_all(&build.target))?;
    Ok(seconds)
}

/// A build in progress.
struct Build {
    target: PathBuf,
    resting: Resting,
    slice: Duration,
    ended: bool,
}

impl Build {
    fn go_on(&mut self) -> io::Result<()> {
        match self.resting.go_on_for(self.slice)? {
            Some(status) if !status.success() => {
                let place = self.target.display();
                Err(io::Error::other(format!("the build in {place} failed")))
            }
            status => {
                self.ended = status.is_some();
                Ok(())
            }
        }
    }
}

/// Measures a debug build after the source was touched, in seconds: the median of several.
pub(crate) fn touched(subject: &Subject, folder: &Path) -> io::Result<f64> {
    let target = fresh(folder, subject.program)?;
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

/// The root folder of the project.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Deletes the target folder of a program, and returns its path.
fn fresh(folder: &Path, program: &str) -> io::Result<PathBuf> {
    let target = folder.join(format!("build-{program}"));
    match fs::remove_dir_all(&target) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(target),
    }
}

fn build(subject: &Subject, target: &Path, options: &[&str]) -> io::Result<()> {
    run(&mut command(subject, target, options))
}

fn command(subject: &Subject, target: &Path, options: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(["build", "--locked", "--quiet", "--package", subject.package]);
    command.args(["--bin", subject.program]).args(options);
    command.arg("--target-dir").arg(target).current_dir(root());
    command
}

fn run(command: &mut Command) -> io::Result<()> {
    if command.status()?.success() {
        return Ok(());
    }
    Err(io::Error::other(format!("{command:?} failed")))
}

fn time(work: impl FnOnce() -> io::Result<()>) -> io::Result<Duration> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}
