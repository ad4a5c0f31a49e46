//! The programs to compare.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// The resource of `examples/geoip` as a program of its own, without an entity tag.
pub(crate) const OURS: Program = Program {
    package: "by-annotation",
    binary: "by-annotation",
    source: "by-annotation/main.rs",
    arguments: &[],
};

/// The same job by hand on stock hyper.
pub(crate) const HYPER: Program = Program {
    package: "by-hand-hyper",
    binary: "by-hand-hyper",
    source: "by-hand/hyper/main.rs",
    arguments: &[],
};

/// The same job by hand on axum.
pub(crate) const AXUM: Program = Program {
    package: "by-hand-axum",
    binary: "by-hand-axum",
    source: "by-hand/axum/main.rs",
    arguments: &[],
};

/// Ours, with an entity tag.
pub(crate) const OURS_TAGGED: Program =
    Program { binary: "by-annotation-tagged", source: "by-annotation/tagged.rs", ..OURS };

/// By hand on stock hyper, with an entity tag.
pub(crate) const HYPER_TAGGED: Program = Program { arguments: &["--tagged"], ..HYPER };

/// A program to measure.
pub(crate) struct Program {
    pub(crate) package: &'static str,
    pub(crate) binary: &'static str,
    /// The path of the source file with `main`, from the folder of this package.
    pub(crate) source: &'static str,
    pub(crate) arguments: &'static [&'static str],
}

impl Program {
    /// Builds it in release mode.
    ///
    /// Each program is built separately, so that none enables features of another one's dependencies.
    pub(crate) fn build(&self) -> io::Result<()> {
        let mut command = Command::new("cargo");
        command.args(["build", "--release", "--locked", "--quiet", "--package", self.package]);
        command.args(["--bin", self.binary]).current_dir(root());
        command.arg("--target-dir").arg(target());
        match command.status()?.success() {
            true => Ok(()),
            false => Err(io::Error::other(format!("{command:?} failed"))),
        }
    }

    /// The command that starts it.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(self.path());
        command.args(self.arguments);
        command
    }

    /// The command that starts it under another program, given with its arguments.
    pub(crate) fn command_under(&self, outer: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(outer);
        command.args(arguments).arg(self.path()).args(self.arguments);
        command
    }

    /// The name of the executable with its arguments.
    pub(crate) fn name(&self) -> String {
        format!("{}{}", self.binary, self.arguments.concat())
    }

    /// The path of the executable.
    pub(crate) fn path(&self) -> PathBuf {
        target().join("release").join(self.binary)
    }

    /// The text of the source file with `main`.
    pub(crate) fn source(&self) -> io::Result<String> {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(self.source))
    }
}

/// The folder for measurements.
pub(crate) fn measurements() -> io::Result<PathBuf> {
    let folder = target().join("bench");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// The target folder of cargo.
fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The root folder of the project.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The attributes and doc comments of a resource and its methods.
    fn declared(source: &str) -> Vec<&str> {
        let lines =
            source.lines().map(str::trim).take_while(|line| !line.starts_with("struct Country"));
        lines.filter(|line| line.starts_with("#[") || line.starts_with("///")).collect()
    }

    #[test]
    fn the_tagged_resource_is_declared_like_the_example() {
        let tagged = OURS_TAGGED.source().unwrap();
        assert!(!declared(&tagged).is_empty());
        let example = fs::read_to_string(root().join("examples/geoip/src/lib.rs")).unwrap();
        assert_eq!(declared(&tagged), declared(&example));
    }

    #[test]
    fn our_programs_differ_only_in_the_tag() {
        let code = |program: &Program| {
            let source = program.source().unwrap();
            let lines = source.lines().filter(|line| !line.starts_with("//!"));
            lines.map(|line| line.replace(", etag = auto", "")).collect::<Vec<_>>()
        };
        assert_eq!(code(&OURS), code(&OURS_TAGGED));
    }
}
