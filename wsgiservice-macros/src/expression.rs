//! Regular expressions, for the defaults and examples of the rule `re`.
//!
//! A macro matches a few short texts. So it walks the parsed expression, because the engine of the runtime would take
//! longer to compile than the rest of this crate.

use std::collections::BTreeSet;

use regex_syntax::{
    Error,
    hir::{Class, Hir, HirKind, Look, Repetition},
    is_word_byte, is_word_character,
};

/// A regular expression.
pub(crate) struct Expression(Hir);

impl Expression {
    /// Parses an expression.
    ///
    /// # Errors
    ///
    /// If it is malformed.
    pub(crate) fn new(text: &str) -> Result<Self, Box<Error>> {
        regex_syntax::parse(text).map(Self).map_err(Box::new)
    }

    /// Whether the expression matches the whole text.
    pub(crate) fn matches(&self, text: &str) -> bool {
        ends(&self.0, text, BTreeSet::from([0])).contains(&text.len())
    }
}

/// The positions where a match can end if it starts at one of `places`; a set, so never more than the text has bytes.
fn ends(hir: &Hir, text: &str, places: BTreeSet<usize>) -> BTreeSet<usize> {
    match hir.kind() {
        HirKind::Empty => places,
        HirKind::Look(look) => places.into_iter().filter(|at| holds(*look, text, *at)).collect(),
        HirKind::Literal(literal) => {
            let rest = |at: usize| text.as_bytes().get(at..).unwrap_or_default();
            let places = places.into_iter().filter(|at| rest(*at).starts_with(&literal.0));
            places.map(|at| at + literal.0.len()).collect()
        }
        HirKind::Class(class) => {
            let next = |at: usize| text.get(at..)?.chars().next().filter(|it| is_in(class, *it));
            places.into_iter().filter_map(|at| Some(at + next(at)?.len_utf8())).collect()
        }
        HirKind::Capture(capture) => ends(&capture.sub, text, places),
        HirKind::Concat(parts) => {
            parts.iter().fold(places, |places, part| ends(part, text, places))
        }
        HirKind::Alternation(parts) => {
            parts.iter().flat_map(|part| ends(part, text, places.clone())).collect()
        }
        HirKind::Repetition(repetition) => repeated(repetition, text, places),
    }
}

fn repeated(repetition: &Repetition, text: &str, places: BTreeSet<usize>) -> BTreeSet<usize> {
    let once = |places| ends(&repetition.sub, text, places);
    let mut last = places;
    for _ in 0..repetition.min {
        let next = once(last.clone());
        if next == last {
            break;
        }
        last = next;
    }
    let mut all = last.clone();
    for _ in repetition.min..repetition.max.unwrap_or(u32::MAX) {
        last = once(last).difference(&all).copied().collect();
        if last.is_empty() {
            break;
        }
        all.extend(&last);
    }
    all
}

fn is_in(class: &Class, character: char) -> bool {
    match class {
        Class::Unicode(class) => {
            class.ranges().iter().any(|it| (it.start()..=it.end()).contains(&character))
        }
        Class::Bytes(class) => u8::try_from(character).is_ok_and(|byte| {
            class.ranges().iter().any(|it| (it.start()..=it.end()).contains(&byte))
        }),
    }
}

/// Whether an assertion about the characters around a place holds.
fn holds(look: Look, text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|text| text.chars().next_back());
    let after = text.get(at..).and_then(|text| text.chars().next());
    let is_word = |character: Option<char>| character.is_some_and(is_word_character);
    let is_ascii = |character: Option<char>| {
        character.is_some_and(|it| u8::try_from(it).is_ok_and(is_word_byte))
    };
    let (word, ascii) = ([before, after].map(is_word), [before, after].map(is_ascii));
    match look {
        Look::Start => before.is_none(),
        Look::End => after.is_none(),
        Look::StartLF => before.is_none_or(|it| it == '\n'),
        Look::EndLF => after.is_none_or(|it| it == '\n'),
        Look::StartCRLF => match before {
            Some('\r') => after != Some('\n'),
            before => before.is_none_or(|it| it == '\n'),
        },
        Look::EndCRLF => match after {
            Some('\n') => before != Some('\r'),
            after => after.is_none_or(|it| it == '\r'),
        },
        Look::WordUnicode => word[0] != word[1],
        Look::WordUnicodeNegate => word[0] == word[1],
        Look::WordStartUnicode => word == [false, true],
        Look::WordEndUnicode => word == [true, false],
        Look::WordStartHalfUnicode => !word[0],
        Look::WordEndHalfUnicode => !word[1],
        Look::WordAscii => ascii[0] != ascii[1],
        Look::WordAsciiNegate => ascii[0] == ascii[1],
        Look::WordStartAscii => ascii == [false, true],
        Look::WordEndAscii => ascii == [true, false],
        Look::WordStartHalfAscii => !ascii[0],
        Look::WordEndHalfAscii => !ascii[1],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the engine of the runtime matches the same texts.
    fn compare(expression: &str, texts: &[&str]) {
        let parsed = Expression::new(expression).expect("an expression");
        let whole = regex::Regex::new(&format!(r"\A(?:{expression})\z")).expect("an expression");
        for text in texts {
            assert_eq!(parsed.matches(text), whole.is_match(text), "{expression:?} {text:?}");
        }
    }

    #[test]
    fn it_matches_what_the_engine_of_the_runtime_matches() {
        let texts = [
            "",
            "a",
            "b",
            "ab",
            "aab",
            "abab",
            "aaaaaa",
            "a b",
            "é",
            "É",
            "aé",
            "a\nb",
            "a\r\nb",
            "\n",
            "1.2.3.4",
            "10.0.0",
            "-",
            "_",
            "Zürich",
            "CH",
            "ch",
            "a-b",
            " ",
            "١",
            "0",
            "\u{1F600}",
        ];
        for expression in [
            "",
            "a",
            "a*",
            "a+b?",
            "(ab)+",
            "(?:a|ab)(?:b|)",
            "a{2,4}",
            "(a?){3}",
            "(a*)*",
            "[a-z]+",
            "[^a]",
            r"\d+(\.\d+){3}",
            r"\w+",
            r"\W",
            r"\s",
            r"(?i)ch",
            "(?i)é",
            r"\p{Lu}.*",
            "(?s).*",
            ".*",
            "(?m)^a$\nb",
            r"(?m)a$\n^b",
            r"(?mR)^a$\r\n^b$",
            r"\bab\b",
            r"a\b b",
            r"a\Bb",
            r"(?-u:\b)a.*",
            r"(?-u:\w)+",
            r"(?-u:\B)é",
            r"\b{start}a\b{end}",
            r"\b{start-half}.*\b{end-half}",
            "^a$",
            r"\Aa\z",
            "a|b|CH",
            "[-_]",
            "(?x) a # it\n",
            r"a\b{start}b",
            r"(?-u:\b{start})a.?(?-u:\b{end})",
            r"(?-u:\b{start-half}).*(?-u:\b{end-half})",
            r"\S{2}",
        ] {
            compare(expression, &texts);
        }
    }

    #[test]
    fn an_expression_that_is_slow_with_backtracking_is_fast() {
        let text = "a".repeat(200);
        assert!(!Expression::new("(a*)*b|(a|aa)+c").expect("an expression").matches(&text));
        assert!(Expression::new("(a|aa){0,4000000000}").expect("an expression").matches(&text));
        assert!(Expression::new("(a|){4000000000}").expect("an expression").matches(&text));
        assert!(!Expression::new("a{4000000000}").expect("an expression").matches(&text));
    }

    #[test]
    fn the_error_says_what_is_malformed() {
        assert!(
            Expression::new("(").is_err_and(|error| error.to_string().contains("unclosed group"))
        );
    }
}
