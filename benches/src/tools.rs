//! External tools.

use std::env;

/// The first of these tools that is not installed.
pub(crate) fn missing<'a>(tools: &[&'a str]) -> Option<&'a str> {
    let path = env::var_os("PATH").unwrap_or_default();
    let is_there = |tool: &str| env::split_paths(&path).any(|folder| folder.join(tool).is_file());
    tools.iter().copied().find(|tool| !is_there(tool))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_missing_tool_is_returned() {
        assert_eq!(missing(&["sh"]), None);
        assert_eq!(missing(&["sh", "no-such-tool", "nor-this"]), Some("no-such-tool"));
    }
}
