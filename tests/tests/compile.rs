//! Compiler errors: `ui/` has one file per mistake, named for the mistake. A file with several of a kind says in its first line
//! how many.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

#[test]
fn each_mistake_is_reported_at_its_token() {
    trybuild::TestCases::new().compile_fail("ui/*.rs");
}

#[test]
fn each_wrong_call_is_reported_at_its_token() {
    trybuild::TestCases::new().compile_fail("ui/client/*.rs");
}

/// Files with more errors than mistakes, and why.
const MORE_ERRORS: [(&str, usize, &str); 4] = [
    ("metric_with_text_as_label", 3, "rustc reports the metric and what it counts"),
    ("misspelt_attribute", 2, "rustc goes on without an attribute that it does not know"),
    ("path_in_application", 2, "rustc reports the type of an argument and the number of arguments"),
    ("resource_is_never_mounted", 2, "rustc reports a struct and its methods"),
];

/// Words that no service author has written.
const INTERNALS: [&str; 5] =
    ["__private", "evaluation panicked", "evaluation of", "Holds", "Check<"];

/// Files with such words, and why.
const WITH_INTERNALS: [(&str, &str); 3] = [
    ("context_without_default", "rustc names the function that has a bound on an associated type"),
    ("rule_of_generic_type_does_not_fit", "a trait cannot depend on a constant of a generic type"),
    ("settings_without_derive", "rustc names the function that has the bound of serde"),
];

#[test]
fn each_mistake_is_one_error() {
    let more: BTreeMap<_, _> = MORE_ERRORS.iter().map(|(name, count, _)| (*name, *count)).collect();
    for mistake in mistakes() {
        let errors = mistake.errors().count();
        let expected = more.get(mistake.name.as_str()).copied().unwrap_or(mistake.count());
        assert_eq!(errors, expected, "errors of `{}`", mistake.name);
    }
}

#[test]
fn no_error_has_words_of_generated_code() {
    for Mistake { name, stderr, .. } in mistakes() {
        let found: Vec<_> = INTERNALS.iter().filter(|word| stderr.contains(**word)).collect();
        let is_known = WITH_INTERNALS.iter().any(|(known, _)| *known == name);
        assert_eq!(!found.is_empty(), is_known, "`{name}`: {found:?}");
    }
}

/// No error is about the attribute as a whole, which says only that something is wrong with the struct or the impl.
#[test]
fn no_error_is_at_the_attribute() {
    for mistake in mistakes() {
        for (message, token) in mistake.errors() {
            let is_attribute = ["#[resource]", "#[mount]"].contains(&token.as_str());
            let is_known = ["context_without_default", "mount_without_path", "two_resource_impls"]
                .contains(&mistake.name.as_str());
            assert!(!is_attribute || is_known, "`{}`: {message}", mistake.name);
        }
    }
}

/// All mistakes, with the first line and the token of each error.
#[test]
fn the_mistakes_at_a_glance() {
    let mut table = String::new();
    for mistake in mistakes() {
        writeln!(table, "{}", mistake.name).unwrap();
        for (message, token) in mistake.errors() {
            writeln!(table, "    {token}\n        {message}").unwrap();
        }
    }
    insta::assert_snapshot!(table);
}

/// A file in `ui/`.
struct Mistake {
    name: String,
    source: String,
    stderr: String,
}

fn mistakes() -> Vec<Mistake> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui");
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let sources = files.filter(|path| path.extension().is_some_and(|it| it == "rs"));
    let mut mistakes: Vec<_> = sources
        .map(|path| Mistake {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            source: fs::read_to_string(&path).unwrap(),
            stderr: fs::read_to_string(path.with_extension("stderr")).unwrap_or_default(),
        })
        .collect();
    mistakes.sort_by(|one, other| one.name.cmp(&other.name));
    mistakes
}

impl Mistake {
    /// How many mistakes there are.
    fn count(&self) -> usize {
        let first = self.source.lines().next().unwrap_or_default();
        let count = first.strip_prefix("// ").and_then(|line| line.strip_suffix(" mistakes"));
        count.map_or(1, |count| count.parse().unwrap())
    }

    /// The first line of each error, and the first line of what is underlined.
    fn errors(&self) -> impl Iterator<Item = (&str, String)> {
        let lines: Vec<_> = self.stderr.lines().collect();
        let starts: Vec<_> =
            (0..lines.len()).filter(|at| lines[*at].starts_with("error")).collect();
        starts.into_iter().map(move |start| {
            let (_, message) = lines[start].split_once(": ").unwrap();
            let end = (start + 1..lines.len()).find(|at| lines[*at].starts_with("error"));
            let places = &lines[start + 1..end.unwrap_or(lines.len())];
            (message, underlined(places).unwrap_or_default())
        })
    }
}

/// The source above the first `^`.
fn underlined(lines: &[&str]) -> Option<String> {
    let is_marks = |line: &&str| {
        let marks = line.split_once('|').map_or("", |(_, marks)| marks);
        marks.trim_start_matches([' ', '-']).starts_with('^')
    };
    let at = lines.iter().position(is_marks)?;
    let marks: Vec<_> = lines[at].chars().collect();
    let first = marks.iter().position(|it| *it == '^')?;
    let length = marks[first..].iter().take_while(|it| **it == '^').count();
    let source = lines[..at].iter().rfind(|line| line.contains('|'))?;
    Some(source.chars().skip(first).take(length).collect())
}
