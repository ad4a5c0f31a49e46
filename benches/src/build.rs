//! How the programs are built, and how long that takes.

use std::{
    fs::{self, File},
    io, iter,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant, SystemTime},
};

use crate::{rounds::median, server::Subject, turn::Resting};

/// How often a source is touched.
const TOUCHES: usize = 3;

/// How long one build goes on before it is the next one's turn.
const SLICE: Duration = Duration::from_millis(500);

/// Builds the programs as they are released; the folder that they are in.
pub(crate) fn programs(subjects: &[Subject], target: &Path) -> io::Result<PathBuf> {
    // Each by itself, so that no dependency gets features that another program asks for.
    subjects.iter().try_for_each(|subject| build(subject, target, &["--release"]))?;
    Ok(target.join("release"))
}

/// How long it takes to build each program and all that it needs, as it is released, in seconds.
///
/// They take turns, slice by slice. That of the first is so many times as long, so that all end at about the same time: who
/// goes on when the others have ended is disturbed alone.
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

/// A program that is built.
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
                Err(io::Error::other(format!("the build in {place} fails")))
            }
            status => {
                self.ended = status.is_some();
                Ok(())
            }
        }
    }
}

/// How long it takes to build a program after its source was touched, as it is developed, in seconds.
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

/// The folder that the project is in.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A target folder in which nothing is.
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
    Err(io::Error::other(format!("{command:?} fails")))
}

fn time(work: impl FnOnce() -> io::Result<()>) -> io::Result<Duration> {
    let start = Instant::now();
    work()?;
    Ok(start.elapsed())
}
