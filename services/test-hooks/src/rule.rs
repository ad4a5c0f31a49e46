//! Rules that a test switches off, to show that other tests would fail without them.

/// Whether a rule of the protocols holds, by its name, such as `command::owner`. It always does.
///
/// Under the feature `rules`, it does not if the variable `WSGISERVICE_WITHOUT_RULE` of the environment is its name.
///
/// ```
/// assert!(test_hooks::rule("command::owner"));
/// ```
#[cfg(feature = "rules")]
#[must_use]
pub fn rule(name: &str) -> bool {
    use std::sync::OnceLock;

    static WITHOUT: OnceLock<Option<String>> = OnceLock::new();
    WITHOUT.get_or_init(|| std::env::var("WSGISERVICE_WITHOUT_RULE").ok()).as_deref() != Some(name)
}

/// Whether a rule of the protocols holds, by its name, such as `command::owner`. It always does.
///
/// ```
/// assert!(test_hooks::rule("command::owner"));
/// ```
#[cfg(not(feature = "rules"))]
#[must_use]
#[inline]
pub fn rule(name: &str) -> bool {
    let _ = name;
    true
}
