//! Whether a rule of the protocols is held by a test.

use std::{
    env,
    process::{Command, Stdio},
};

/// The variable that names the rule that a process lacks.
const WITHOUT: &str = "WSGISERVICE_WITHOUT_RULE";

/// Runs a test of this program, by its full name, in a process that lacks a rule of the protocols: the test must fail.
///
/// It shows that the test can see what the rule is for. That the test passes with the rule, its own run shows.
///
/// # Panics
/// If the test passes, or does not exist.
pub fn assert_fails_without(rule: &str, test: &str) {
    let mut command = Command::new(env::current_exe().expect("the program of the tests"));
    command.args(["--exact", test, "--nocapture"]).env(WITHOUT, rule).stdin(Stdio::null());
    let output = command.output().expect("a process");
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(printed.contains("running 1 test"), "no test is named {test}: {printed}");
    assert!(!output.status.success(), "without the rule {rule}, the test {test} passes");
}
