//! Text from outside, as it may stand in a log.

use std::fmt::{self, Display, Write};

/// The longest text in a log, in characters.
const MAX_LENGTH: usize = 200;

/// A value whose text cannot forge a line of a log or control a terminal: such characters are escaped, and a long text is
/// cut.
pub(crate) struct Loggable<T>(pub(crate) T);

impl<T: Display> Display for Loggable<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut escaped = Escaped { output: formatter, left: MAX_LENGTH };
        // An error ends the text where it is cut.
        if write!(escaped, "{}", self.0).is_err() && escaped.left == 0 {
            return formatter.write_char('…');
        }
        Ok(())
    }
}

struct Escaped<'a, 'b> {
    output: &'a mut fmt::Formatter<'b>,
    left: usize,
}

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            match is_harmless(character) {
                true => self.output.write_char(character)?,
                false => write!(self.output, "{}", character.escape_default())?,
            }
        }
        Ok(())
    }
}

/// Whether a character is not a control character, a line break, or a mark that changes the direction of text.
fn is_harmless(character: char) -> bool {
    !character.is_control()
        && !matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_controls_a_terminal_or_a_line_is_escaped() {
        for (text, expected) in [
            ("plain é \u{1f600}", "plain é \u{1f600}"),
            ("a\nb\r", "a\\nb\\r"),
            ("\u{1b}[2J\0\u{7}\u{9b}", "\\u{1b}[2J\\u{0}\\u{7}\\u{9b}"),
            ("\u{202e}\u{2028}\u{2066}", "\\u{202e}\\u{2028}\\u{2066}"),
        ] {
            assert_eq!(Loggable(text).to_string(), expected);
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(Loggable("a".repeat(200)).to_string(), "a".repeat(200));
        assert_eq!(Loggable("a".repeat(201)).to_string(), "a".repeat(200) + "…");
    }
}
