//! How large a program is, and how long what its author wrote.

use std::{fs, io, path::Path, process::Command};

/// The size of a program without symbols, in bytes.
pub(crate) fn stripped(program: &Path, folder: &Path) -> io::Result<u64> {
    let copy = folder.join("stripped");
    let done = Command::new("strip").arg("-o").arg(&copy).arg(program).status()?;
    if !done.success() {
        return Err(io::Error::other(format!("{} cannot be stripped", program.display())));
    }
    let size = fs::metadata(&copy)?.len();
    fs::remove_file(copy)?;
    Ok(size)
}

/// How many lines of Rust there are: those that are neither empty nor documentation, up to the tests.
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
    fn lines_are_those_that_do_something() {
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
