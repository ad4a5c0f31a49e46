//! Named points at which a test kills or holds the process.

/// Marks a point by its name, such as `mover::after_commit`.
///
/// Under the feature `fail-points`, the file that `WSGISERVICE_FAIL_POINTS` names has a line for each point at which something
/// happens, once: `kill NAME` kills the process as SIGKILL does, and takes the line away first, so that the
/// next process goes on; `hold NAME` becomes `held NAME`, and the point is left when that line is removed.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// test_hooks::reached("mover::after_commit").await; // nothing happens
/// # }
/// ```
#[cfg(feature = "fail-points")]
pub async fn reached(name: &str) {
    if let Some(file) = std::env::var_os("WSGISERVICE_FAIL_POINTS") {
        fail(file.as_ref(), name).await;
    }
}

#[cfg(feature = "fail-points")]
async fn fail(file: &std::path::Path, name: &str) {
    let (kill, hold, held) =
        (format!("kill {name}"), format!("hold {name}"), format!("held {name}"));
    let lines = lines(file);
    if lines.contains(&kill) {
        write(file, lines.into_iter().filter(|line| *line != kill));
        std::process::abort();
    }
    if lines.contains(&hold) {
        write(file, lines.into_iter().map(|line| if line == hold { held.clone() } else { line }));
        while self::lines(file).contains(&held) {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
}

#[cfg(feature = "fail-points")]
fn lines(file: &std::path::Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().map(ToOwned::to_owned).collect()
}

/// Replaces the file by another one, so that it is never read half-written.
#[cfg(feature = "fail-points")]
fn write(file: &std::path::Path, lines: impl Iterator<Item = String>) {
    let text: String = lines.map(|line| line + "\n").collect();
    let new = file.with_extension("new");
    let written = std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, file));
    written.expect("the file of fail points can be written");
}

/// Marks a point by its name, such as `mover::after_commit`, which the feature `fail-points` gives a meaning.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// test_hooks::reached("mover::after_commit").await; // nothing happens
/// # }
/// ```
#[cfg(not(feature = "fail-points"))]
pub async fn reached(name: &str) {
    let _ = name;
}

#[cfg(all(test, feature = "fail-points"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_point_is_held_until_its_line_is_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("points");
        std::fs::write(&file, "hold a\nkill b\n").expect("a file");
        let test = async {
            while !lines(&file).contains(&"held a".to_owned()) {
                tokio::task::yield_now().await;
            }
            write(&file, std::iter::once("kill b".to_owned()));
        };
        tokio::join!(fail(&file, "a"), test);
        assert_eq!(lines(&file), ["kill b"], "only its own line is gone");
    }

    #[tokio::test]
    async fn a_point_without_a_line_is_passed() {
        let folder = tempfile::tempdir().expect("a folder");
        fail(&folder.path().join("points"), "a").await;
    }
}
