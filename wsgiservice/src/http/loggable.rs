//! Text from outside, as it may stand in a log.

use std::fmt::{self, Display, Write};

/// The longest text in a log, in characters.
const MAX_LENGTH: usize = 200;

/// The longest cause of an error in a log, in characters.
const MAX_LENGTH_OF_CAUSE: usize = 2_000;

/// A value whose text cannot forge a line of a log or control a terminal: such characters are escaped, and a long text is
/// cut.
pub(crate) struct Loggable<T>(pub(crate) T);

/// The cause of an error, escaped as [`Loggable`]. More of it is kept, since the service and its libraries write it, not the client.
pub(crate) struct LoggableCause<T>(pub(crate) T);

/// A value whose text cannot forge a line of a log or control a terminal, and is not cut.
#[cfg(feature = "server")]
pub(crate) struct Escaped<T>(pub(crate) T);

#[cfg(feature = "server")]
impl<T: Display> Display for Escaped<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(EscapingWriter { output: formatter, left: usize::MAX }, "{}", self.0)
    }
}

impl<T: Display> Display for Loggable<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_cut(formatter, &self.0, MAX_LENGTH)
    }
}

impl<T: Display> Display for LoggableCause<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_cut(formatter, &self.0, MAX_LENGTH_OF_CAUSE)
    }
}

/// Writes at most this many characters of a text.
fn write_cut(output: &mut fmt::Formatter<'_>, text: &impl Display, length: usize) -> fmt::Result {
    let mut escaped = EscapingWriter { output, left: length };
    // An error ends the text where it is cut.
    if write!(escaped, "{text}").is_err() && escaped.left == 0 {
        return output.write_char('…');
    }
    Ok(())
}

struct EscapingWriter<'a, 'b> {
    output: &'a mut fmt::Formatter<'b>,
    left: usize,
}

impl Write for EscapingWriter<'_, '_> {
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

/// Whether a character is not a control character, a line break, a space that is not ASCII, or invisible, for example because
/// it changes the direction of text.
pub(crate) fn is_harmless(character: char) -> bool {
    let is_visible = !matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}');
    is_visible && !character.is_control() && (character == ' ' || !character.is_whitespace())
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
            ("\u{a0}\u{200b}\u{feff}", "\\u{a0}\\u{200b}\\u{feff}"),
        ] {
            assert_eq!(Loggable(text).to_string(), expected);
        }
    }

    #[test]
    fn a_long_text_is_cut() {
        assert_eq!(Loggable("a".repeat(200)).to_string(), "a".repeat(200));
        assert_eq!(Loggable("ä".repeat(201)).to_string(), "ä".repeat(200) + "…");
        assert_eq!(LoggableCause("ä".repeat(2_001)).to_string(), "ä".repeat(2_000) + "…");
    }
}
