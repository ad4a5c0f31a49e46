//! The size of a program, and the length of its source.

use std::{fs, io, process::Command};

use crate::program::{Program, measurements};

/// The size of a program without symbols, in bytes.
pub(crate) fn stripped(program: &Program) -> io::Result<u64> {
    let copy = measurements()?.join("stripped");
    let done = Command::new("strip").arg("-o").arg(&copy).arg(program.path()).status()?;
    if !done.success() {
        return Err(io::Error::other(format!("{} cannot be stripped", program.path().display())));
    }
    let size = fs::metadata(&copy)?.len();
    fs::remove_file(copy)?;
    Ok(size)
}

/// The number of lines up to the tests that are neither empty nor documentation.
pub(crate) fn lines(source: &str) -> usize {
    let is_documentation =
        |line: &str| ["//", "#[doc", "doc = "].iter().any(|start| line.starts_with(start));
    source
        .lines()
        .map(str::trim)
        .take_while(|line| *line != "#[cfg(test)]")
        .filter(|line| !line.is_empty() && !is_documentation(line))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_lines_and_documentation_are_not_counted() {
        let source = r#"
//! A page.

/// It says hello.
#[mount("/{name}")]
#[validate(
    name,
    doc = "Whom to greet.",
)]
struct Page; // nothing

#[cfg(test)]
mod tests {}
"#;
        assert_eq!(lines(source), 5);
    }
}
