//! A program that has set up a log of its own. The file is a binary of its own, since the log belongs to the process.

use std::{fs, sync::Arc};

use wsgiservice::server::Settings;

#[test]
fn a_program_with_a_log_of_its_own_is_told_that_it_sends_no_spans() {
    let log = tempfile::NamedTempFile::new().expect("a file");
    let lines = tracing_subscriber::fmt().with_ansi(false);
    lines.with_writer(Arc::new(log.reopen().expect("the file"))).init();
    let mut settings = Settings::default();
    settings.otlp = Some("http://127.0.0.1:4318".parse().expect("a collector"));
    let ended = wsgiservice::run_with(settings, async { Err("no application".into()) });
    assert_eq!(ended.expect_err("an error").to_string(), "no application");
    let lines = fs::read_to_string(log.path()).expect("text");
    let warning = " WARN wsgiservice::server::log: `otlp` has no effect: the program has set up a log of its own\n";
    assert!(lines.ends_with(warning) && lines.lines().count() == 1, "{lines}");
}
