//! A snapshot test of the OpenAPI document of a service.

use std::{env, fmt::Write as _, fs, path::Path};

use serde_json::Value;
use wsgiservice_openapi_diff::Change;

use crate::{application::Application, documentation::openapi};

/// If this environment variable is `overwrite`, documents are written instead of compared.
const OVERWRITE: &str = "WSGISERVICE_OPENAPI";

/// Compares the OpenAPI document of an application with a file; relative paths start in the directory of the package.
///
/// If they differ, the message lists the changes and which of them break clients, for example removed methods, narrower
/// types and newly required parameters. `WSGISERVICE_OPENAPI=overwrite` in the environment writes the file.
///
/// ```
/// # use wsgiservice::{Application, mount, resource, testing::assert_openapi};
/// # #[mount("/ping")]
/// # struct Ping;
/// # #[resource]
/// # impl Ping {
/// #     fn get(&self) -> &'static str { "pong" }
/// # }
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("openapi.json");
/// # let application = Application::new("ping").mount(Ping);
/// # let document = serde_json::json!({"openapi": "3.1.1", "paths": {"/pong": {"get": {}}}});
/// # std::fs::write(&file, document.to_string())?;
/// # let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
/// assert_openapi(application, &file);
/// # }));
/// # let message = result.unwrap_err().downcast::<String>().unwrap();
/// # assert!(message.contains("breaking changes:\n  GET /pong: removed\n"), "{message}");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
/// Panics if the documents differ, if the file cannot be read or written, or if the application cannot be built.
#[track_caller]
pub fn assert_openapi(application: Application, file: impl AsRef<Path>) {
    let file = file.as_ref();
    let document = match application.compile() {
        Ok((_, documentation)) => openapi::document(&documentation, &documentation.base),
        Err(error) => panic!("the application cannot be built: {error}"),
    };
    if env::var_os(OVERWRITE).is_some_and(|value| value == "overwrite") {
        let text = serde_json::to_string_pretty(&document).unwrap_or_default();
        let written = fs::write(file, format!("{text}\n"));
        return written.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    let document = serde_json::to_value(document).unwrap_or_default();
    let hint = format!("run the test with {OVERWRITE}=overwrite to write the file");
    let snapshot: Value = match fs::read(file).map(|text| serde_json::from_slice(&text)) {
        Ok(Ok(snapshot)) => snapshot,
        Ok(Err(error)) => panic!("{} is not JSON: {error}; {hint}", file.display()),
        Err(error) => panic!("cannot read {}: {error}; {hint}", file.display()),
    };
    assert!(
        snapshot == document,
        "the OpenAPI document differs from {}\n{}if the changes are intended, {hint}",
        file.display(),
        report(&wsgiservice_openapi_diff::between(&snapshot, &document)),
    );
}

/// Lists the changes, with the breaking ones first.
fn report(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "other changes, which are not compared in detail\n".to_owned();
    }
    let mut text = String::new();
    for (breaks, title) in [(true, "breaking changes:"), (false, "compatible changes:")] {
        let mut of_kind = changes.iter().filter(|change| change.breaks() == breaks).peekable();
        if of_kind.peek().is_some() {
            let _ = writeln!(text, "{title}");
        }
        for change in of_kind {
            let _ = writeln!(text, "  {change}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_changes_are_reported() {
        let schema =
            |kind: &str| serde_json::json!({"components": {"schemas": {"A": {"type": kind}}}});
        let changes = wsgiservice_openapi_diff::between(&schema("string"), &schema("integer"));
        assert!(report(&changes).starts_with("other changes"));
    }
}
