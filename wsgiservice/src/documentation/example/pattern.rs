//! Texts that match a regular expression.

use regex_syntax::hir::{Class, Hir, HirKind};

/// The maximum number of repetitions that is tried, beyond what the expression requires.
const MAX_REPETITIONS: u32 = 100;

/// The maximum length of a text, in bytes.
const MAX_LENGTH: usize = 1000;

/// A text of such a length that matches an expression, if one is found.
pub(super) fn matching(pattern: &str, least: usize, most: usize) -> Option<String> {
    let expression = regex_syntax::parse(pattern).ok()?;
    let regex = regex::Regex::new(pattern).ok()?;
    let repetitions = [1, 0].into_iter().chain(2..=MAX_REPETITIONS);
    let mut texts = repetitions.filter_map(|repetitions| text(&expression, repetitions));
    // A text can miss a condition without characters of its own, such as a word boundary.
    texts.find(|text| (least..=most).contains(&text.chars().count()) && regex.is_match(text))
}

/// Whether a text matches an expression.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match(text))
}

fn text(expression: &Hir, repetitions: u32) -> Option<String> {
    let mut text = String::new();
    write(expression, repetitions, &mut text)?;
    Some(text)
}

fn write(expression: &Hir, repetitions: u32, text: &mut String) -> Option<()> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    match expression.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(character(class)?),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX);
            for _ in 0..repetitions.max(repetition.min).min(most) {
                write(&repetition.sub, repetitions, text)?;
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, repetitions, text)?,
        HirKind::Concat(parts) => {
            for part in parts {
                write(part, repetitions, text)?;
            }
        }
        HirKind::Alternation(parts) => write(parts.first()?, repetitions, text)?,
    }
    Some(())
}

/// A character of a class: a letter or a digit if it has one, else its first one.
fn character(class: &Class) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.ranges().iter().map(|it| (it.start(), it.end())).collect(),
        Class::Bytes(class) => {
            class.ranges().iter().map(|it| (it.start().into(), it.end().into())).collect()
        }
    };
    let plain = ('a'..='z').chain('0'..='9').chain('A'..='Z');
    let mut plain = plain.chain(['-', '.', '/', ' ']);
    let is_in = |it: &char| ranges.iter().any(|(start, end)| (start..=end).contains(&it));
    plain.find(is_in).or_else(|| ranges.first().map(|(start, _)| *start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_matches_the_expression() {
        let matching = |pattern| matching(pattern, 0, usize::MAX).expect(pattern);
        assert_eq!(matching("^[0-9]{4}$"), "0000");
        assert_eq!(matching("^(?:[A-Z]-[0-9]+)$"), "A-0");
        assert_eq!(matching(r"^(?:(?:red|green)\.png)$"), "red.png");
        assert_eq!(matching(r"^\d+$"), "0");
        assert_eq!(matching("^[^a-z]$"), "0");
        assert_eq!(matching(""), "");
    }

    #[test]
    fn a_text_has_the_required_length() {
        assert_eq!(matching("^[a-z]+$", 3, 5).as_deref(), Some("aaa"));
        assert_eq!(matching("^[a-z]*$", 0, 0).as_deref(), Some(""));
        assert_eq!(matching("^ab$", 3, 5), None);
    }

    #[test]
    fn an_expression_that_is_not_supported_has_no_text() {
        assert_eq!(matching("^(?=a)a$", 0, 9), None);
        assert_eq!(matching("(((a{100}){100}){100}", 0, 9), None);
    }
}
