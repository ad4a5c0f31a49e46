//! Runs the commands of a README, and compares what they print with what it says.

use std::{
    collections::BTreeMap,
    fmt::Write,
    process::{Command, Stdio},
};

use regex::Regex;

/// Runs the commands in the `console` blocks of a README against running services, and compares what they print.
///
/// A line `$ curl …` is a command, which `sh` runs; one that ends with `\`, or has an open `'`, goes on in the next line. Other
/// commands are not run. The lines that follow are what it prints, to the letter, with these exceptions:
///
/// - `…` is any text in its line, and alone on a line, it is any number of lines.
/// - A line that begins with a space goes on with the line before, without that space.
/// - A value that is another one each time (a number of 13 digits, a time in RFC 3339, 32 hexadecimal digits, a UUID) is any
///   value of its kind where it comes first. From there on it is that value, in commands as well. So a README shows a version
///   as it is, and uses it in the next command.
///
/// `addresses` has the authority of each service, such as `127.0.0.1:8001`, as the README has it and as it is. This function
/// blocks: in an asynchronous test it is called by `tokio::task::spawn_blocking`.
///
/// Without a curl that knows `--json`, it is skipped, which is reported.
///
/// # Panics
/// If a command prints something else, fails, or the README has none.
///
/// ```
/// # let file = tempfile::NamedTempFile::new().unwrap();
/// # std::fs::write(&file, "version 1764363354321\n").unwrap();
/// let readme = "
/// ```console
/// $ curl file://localhost/etc/note
/// version 1700000000000
/// ```";
/// wsgiservice_test_support::replay(readme, &[("localhost/etc/note", file.path().to_str().unwrap())]);
/// ```
#[track_caller]
pub fn replay(readme: &str, addresses: &[(&str, &str)]) {
    let steps = steps(readme);
    assert!(!steps.is_empty(), "the README has no `$ curl` in a console block");
    if !is_installed() {
        engines::report_missing("curl 7.82 or newer");
        return;
    }
    let mut values = BTreeMap::new();
    for step in &steps {
        let printed = step.run(addresses, &values);
        match step.compare(&printed, &values) {
            Ok(new) => values.extend(new),
            Err(difference) => panic!("{difference}"),
        }
    }
}

/// Whether there is a curl that knows `--json`.
fn is_installed() -> bool {
    let help = Command::new("curl").args(["--help", "all"]).output();
    help.is_ok_and(|help| String::from_utf8_lossy(&help.stdout).contains("--json"))
}

/// A command, and the lines that it prints.
#[derive(Debug, Default, PartialEq, Eq)]
struct Step {
    command: String,
    printed: Vec<String>,
}

/// The values that are others each time: as the README has them, and as they are.
type Values = BTreeMap<String, String>;

fn steps(readme: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut is_console = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            is_console = line == "```console";
        } else if is_console {
            add(&mut steps, line);
        }
    }
    steps.retain(|step| step.command.starts_with("curl "));
    steps
}

fn add(steps: &mut Vec<Step>, line: &str) {
    if let Some(command) = line.strip_prefix("$ ") {
        return steps.push(Step { command: command.to_owned(), printed: Vec::new() });
    }
    let Some(step) = steps.last_mut() else { return };
    let goes_on = step.command.ends_with('\\') || step.command.matches('\'').count() % 2 == 1;
    if step.printed.is_empty() && goes_on {
        step.command = format!("{}\n{line}", step.command);
        return;
    }
    match (line.strip_prefix(' '), step.printed.last_mut()) {
        (Some(rest), Some(last)) => last.push_str(rest),
        _ => step.printed.push(line.to_owned()),
    }
}

impl Step {
    fn run(&self, addresses: &[(&str, &str)], values: &Values) -> String {
        let mut command = self.command.clone();
        for (documented, actual) in addresses {
            command = command.replace(documented, actual);
        }
        let mut with_values = String::new();
        for piece in pieces(&command) {
            with_values.push_str(values.get(piece.text()).map_or(piece.text(), String::as_str));
        }
        let mut shell = Command::new("sh");
        shell.args(["-c", &with_values]).env("NO_PROXY", "*").stdin(Stdio::null());
        let output = shell.output().expect("sh");
        let mut printed = String::from_utf8_lossy(&output.stdout).replace("\r\n", "\n");
        assert!(
            output.status.success(),
            "$ {with_values}\n{printed}\n{}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr),
        );
        for (documented, actual) in addresses {
            printed = printed.replace(actual, documented);
        }
        printed
    }

    /// Compares what the command has printed with what the README says. Returns the values that came for the first time.
    fn compare(&self, printed: &str, values: &Values) -> Result<Values, String> {
        let printed = printed.trim_end_matches('\n');
        let (pattern, new) = pattern(&self.printed, values);
        let pattern = Regex::new(&format!("^{pattern}$")).expect("a pattern");
        let Some(found) = pattern.captures(printed) else {
            return Err(self.difference(printed, values));
        };
        let found = found.iter().skip(1).flatten().map(|group| group.as_str().to_owned());
        Ok(new.into_iter().zip(found).collect())
    }

    /// Marks the first line that is not as the README says, and everything that was printed.
    fn difference(&self, printed: &str, values: &Values) -> String {
        let is_printed = |count: usize| {
            let (pattern, _) = pattern(&self.printed[..count], values);
            Regex::new(&format!("^{pattern}(?:\n|$)")).expect("a pattern").is_match(printed)
        };
        let right = (1..=self.printed.len()).take_while(|count| is_printed(*count)).count();
        let mut text = format!("the README differs from what is printed\n\n  $ {}\n", self.command);
        for (position, line) in self.printed.iter().enumerate() {
            let mark = if position == right { "-" } else { " " };
            let _ = writeln!(text, "{mark} {line}");
        }
        if right == self.printed.len() {
            text.push_str("- (nothing more)\n");
        }
        text.push_str("\nprinted:\n");
        for line in printed.lines() {
            let _ = writeln!(text, "+ {line}");
        }
        for (documented, actual) in values {
            let _ = writeln!(text, "where {documented} is {actual}");
        }
        text
    }
}

/// A pattern of lines, and the values that its groups have, in their order.
fn pattern(lines: &[String], values: &Values) -> (String, Vec<String>) {
    let (mut pattern, mut new) = (String::new(), Vec::new());
    for (position, line) in lines.iter().enumerate() {
        if line == "…" {
            pattern.push_str(if position == 0 { "(?:.*\n)*?.*" } else { "(?:\n.*)*?" });
            continue;
        }
        if position > 0 {
            pattern.push('\n');
        }
        for piece in pieces(line) {
            match piece {
                Piece::Volatile(text, kind) => match values.get(text) {
                    Some(actual) => pattern.push_str(&regex::escape(actual)),
                    None => {
                        let _ = write!(pattern, "({kind})");
                        new.push(text.to_owned());
                    }
                },
                Piece::Text(text) => {
                    pattern.push_str(&regex::escape(text).replace('…', ".*?"));
                }
            }
        }
    }
    (pattern, new)
}

/// A part of a line.
#[derive(Clone, Copy)]
enum Piece<'a> {
    Text(&'a str),
    /// A value that is another one each time, and the pattern of its kind.
    Volatile(&'a str, &'static str),
}

impl<'a> Piece<'a> {
    fn text(self) -> &'a str {
        match self {
            Self::Text(text) | Self::Volatile(text, _) => text,
        }
    }
}

/// The kinds of values that are others each time.
const KINDS: [&str; 4] = [
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z",
    "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "[0-9a-f]{32}",
    "[0-9]{13}",
];

fn pieces(line: &str) -> Vec<Piece<'_>> {
    // What is part of a longer word or number is no value.
    let words = format!("{}|{}|[0-9A-Za-z]+|[^0-9A-Za-z]+", KINDS[0], KINDS[1]);
    let words = Regex::new(&words).expect("a pattern");
    let kinds = KINDS.map(|kind| (kind, Regex::new(&format!("^{kind}$")).expect("a pattern")));
    let piece = |text| match kinds.iter().find(|(_, pattern)| pattern.is_match(text)) {
        Some((kind, _)) => Piece::Volatile(text, kind),
        None => Piece::Text(text),
    };
    words.find_iter(line).map(|word| piece(word.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(documented: &str, printed: &str, values: &Values) -> Result<Values, String> {
        let readme = format!("```console\n$ curl x\n{documented}\n```");
        steps(&readme).first().expect("a step").compare(printed, values)
    }

    fn is_same(documented: &str, printed: &str) -> bool {
        compared(documented, printed, &Values::new()).is_ok()
    }

    #[test]
    fn commands_are_in_console_blocks_and_begin_with_curl() {
        let readme = "$ curl a\n```sh\n$ curl b\n```\n```console\n$ curl \\\n  c\n1\n 2\n$ ls\n3\n$ curl 'd\n  e' f\n```\n";
        let step = |command: &str, printed: &[&str]| Step {
            command: command.to_owned(),
            printed: printed.iter().map(ToString::to_string).collect(),
        };
        assert_eq!(steps(readme), [step("curl \\\n  c", &["12"]), step("curl 'd\n  e' f", &[])]);
    }

    #[test]
    fn lines_are_compared_to_the_letter() {
        assert!(is_same("a.b\n[c]", "a.b\n[c]\n"));
        for printed in ["a.b", "aXb\n[c]", "a.b\n[c]\nd", "z\na.b\n[c]", "a.b\n\n[c]"] {
            assert!(!is_same("a.b\n[c]", printed), "{printed}");
        }
    }

    #[test]
    fn an_ellipsis_is_any_text_or_any_lines() {
        assert!(is_same("a: …\n…\nb", "a: 1\nb"));
        assert!(is_same("a: …\n…\nb", "a: 1\nx\n\ny\nb"));
        assert!(is_same("…\nb", "a\nb"));
        assert!(is_same("a\n…", "a"));
        assert!(!is_same("a: …\nb", "a: 1\nx\nb"));
        assert!(!is_same("a\n…", "ab\nc"));
    }

    #[test]
    fn a_value_that_is_another_one_each_time_stays_the_same() {
        let (documented, printed) =
            (r#"etag: "1764000000001_json""#, r#"etag: "1799999999999_json""#);
        let values = compared(documented, printed, &Values::new()).expect("the same");
        assert_eq!(values["1764000000001"], "1799999999999");
        assert!(compared("1764000000001", "1799999999999", &values).is_ok());
        assert!(compared("1764000000001", "1799999999998", &values).is_err());
        assert!(compared("1764000000002", "1799999999998", &values).is_ok());
        assert!(is_same("2026-01-01T00:00:00.000Z", "2027-02-03T04:05:06.789Z"));
        assert!(!is_same("176400000000", "179999999999"), "12 digits are a number like others");
    }

    #[test]
    fn the_first_difference_is_marked() {
        let difference = compared("a\n…\nb\nc", "a\nx\nB\nc", &Values::new()).expect_err("others");
        assert!(difference.contains("  a\n  …\n- b\n  c\n\nprinted:\n+ a\n+ x\n+ B\n+ c\n"));
    }
}
