//! A service's test that what it promises its clients stays as it is.

use std::{env, fmt::Write as _, fs, path::Path};

use serde_json::Value;
use wsgiservice_openapi_diff::Change;

use crate::{application::Application, documentation::openapi};

/// The environment variable that, set to `overwrite`, has documents written in place of being compared.
const OVERWRITE: &str = "WSGISERVICE_OPENAPI";

/// Holds the OpenAPI document of an application against the one that is in a file, in the folder of the package.
///
/// Where they differ, it says what changed, and what of it breaks clients: what is gone, what is narrower, what is newly
/// mandatory. With `WSGISERVICE_OPENAPI=overwrite` in the environment, it writes the file.
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
/// # let held = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
/// assert_openapi(application, &file);
/// # }));
/// # let message = held.unwrap_err().downcast::<String>().unwrap();
/// # assert!(message.contains("breaks clients:\n  GET /pong: it is gone\n"), "{message}");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
/// Where they differ, where there is no such file, or where the application cannot be built.
#[track_caller]
pub fn assert_openapi(application: Application, file: impl AsRef<Path>) {
    let file = file.as_ref();
    let document = openapi::document(&application.documentation());
    if let Err(error) = application.build() {
        panic!("the application cannot be built: {error}");
    }
    if env::var_os(OVERWRITE).is_some_and(|value| value == "overwrite") {
        let text = serde_json::to_string_pretty(&document).unwrap_or_default();
        let written = fs::write(file, format!("{text}\n"));
        return written.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }
    let document = serde_json::to_value(document).unwrap_or_default();
    let hint = format!("run the test with {OVERWRITE}=overwrite to write it");
    let pinned: Value = match fs::read(file).map(|text| serde_json::from_slice(&text)) {
        Ok(Ok(pinned)) => pinned,
        Ok(Err(error)) => panic!("{} is no JSON: {error}; {hint}", file.display()),
        Err(error) => panic!("{} cannot be read: {error}; {hint}", file.display()),
    };
    assert!(
        pinned == document,
        "the service is not as {} has it\n{}if it is to be so, {hint}",
        file.display(),
        told(&wsgiservice_openapi_diff::between(&pinned, &document)),
    );
}

/// The changes, those first that break clients.
fn told(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "something else changed, which is not compared one by one\n".to_owned();
    }
    let mut text = String::new();
    for (breaks, title) in [(true, "breaks clients:"), (false, "does not break clients:")] {
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
    fn that_something_else_changed_is_told() {
        let schema =
            |kind: &str| serde_json::json!({"components": {"schemas": {"A": {"type": kind}}}});
        let changes = wsgiservice_openapi_diff::between(&schema("string"), &schema("integer"));
        assert!(told(&changes).starts_with("something else changed"));
    }
}
