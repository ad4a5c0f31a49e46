//! The grammar of a path template.
//!
//! ```text
//! template = *( "/" segment )
//! segment  = *literal [ "{" name "}" *literal ] / "{*" name "}"    ; the latter at the end alone
//! ```

use syn::{Ident, ext::IdentExt, parse::Parser as _};

/// A path template that was parsed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Template {
    pub(crate) parts: Vec<Part>,
}

/// A piece of a template.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Literal(String),
    Variable(String),
    Rest(String),
}

/// Why a template does not parse, and at which character.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Malformed {
    pub(crate) index: usize,
    pub(crate) reason: String,
}

impl Template {
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        if !text.starts_with('/') {
            return Err(malformed(0, "a path starts with `/`"));
        }
        let mut parser = Parser { parts: Vec::new(), literal: String::new(), in_segment: false };
        let mut characters = text.chars().enumerate();
        while let Some((index, character)) = characters.next() {
            match character {
                '{' => {
                    let name: String = characters
                        .by_ref()
                        .map(|(_, next)| next)
                        .take_while(|next| *next != '}')
                        .collect();
                    let closed = text.chars().nth(index + name.chars().count() + 1) == Some('}');
                    parser.variable(index, &name, closed, text)?;
                }
                _ => parser.literal(index, character)?,
            }
        }
        parser.finish()
    }

    /// The names of the variables, in order.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Variable(name) | Part::Rest(name) => Some(name.as_str()),
        })
    }
}

struct Parser {
    parts: Vec<Part>,
    literal: String,
    in_segment: bool,
}

impl Parser {
    fn literal(&mut self, index: usize, character: char) -> Result<(), Malformed> {
        match character {
            '/' => self.in_segment = false,
            ':' if self.literal.ends_with('/') => {
                return Err(malformed(index, "a variable is written `{name}`"));
            }
            '<' | '>' => {
                let reason = format!(
                    "`{character}` is no character of a path: a variable is written `{{name}}`"
                );
                return Err(malformed(index, &reason));
            }
            '}' => return Err(malformed(index, "`}` closes nothing")),
            '?' | '#' => {
                let reason = format!(
                    "`{character}` does not belong to a path: a query's parameters are arguments"
                );
                return Err(malformed(index, &reason));
            }
            _ if character.is_whitespace() || character.is_control() || character == '\\' => {
                return Err(malformed(index, &format!("{character:?} is no character of a path")));
            }
            _ => {}
        }
        if matches!(self.parts.last(), Some(Part::Rest(_))) {
            return Err(malformed(
                index,
                "nothing can follow `{*…}`, which takes all the remaining segments",
            ));
        }
        self.literal.push(character);
        Ok(())
    }

    fn variable(
        &mut self,
        index: usize,
        name: &str,
        closed: bool,
        text: &str,
    ) -> Result<(), Malformed> {
        if !closed {
            return Err(malformed(index, "`{` is not closed"));
        }
        if self.in_segment {
            return Err(malformed(index, "a segment has one variable at most"));
        }
        let plain = name.strip_prefix('*').unwrap_or(name);
        if !is_identifier(plain) {
            return Err(malformed(index + 1, &format!("`{plain}` is no name of an argument")));
        }
        if self.names().any(|known| known == plain) {
            return Err(malformed(index + 1, &format!("`{plain}` is here twice")));
        }
        let is_rest = name.starts_with('*');
        if is_rest && !self.literal.ends_with('/') {
            return Err(malformed(
                index,
                &format!("`{{*{plain}}}` takes whole segments: write it after a `/`, in {text:?}"),
            ));
        }
        self.in_segment = true;
        self.end_literal();
        let name = plain.to_owned();
        self.parts.push(if is_rest { Part::Rest(name) } else { Part::Variable(name) });
        Ok(())
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Variable(name) | Part::Rest(name) => Some(name.as_str()),
        })
    }

    fn end_literal(&mut self) {
        if !self.literal.is_empty() {
            self.parts.push(Part::Literal(std::mem::take(&mut self.literal)));
        }
    }

    fn finish(mut self) -> Result<Template, Malformed> {
        self.end_literal();
        Ok(Template { parts: self.parts })
    }
}

fn malformed(index: usize, reason: &str) -> Malformed {
    Malformed { index, reason: reason.to_owned() }
}

/// Whether an argument can have this name, a keyword as a raw identifier.
fn is_identifier(name: &str) -> bool {
    let parsed = Ident::parse_any.parse_str(name);
    parsed.is_ok_and(|ident| !["self", "Self", "super", "crate", "_"].iter().any(|it| ident == it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(text: &str) -> usize {
        Template::parse(text).expect_err(text).index
    }

    #[test]
    fn literal_text_may_stand_around_a_variable() {
        let template = Template::parse("/v{version}/{name}.txt").expect("parses");
        assert_eq!(template.variables().collect::<Vec<_>>(), ["version", "name"]);
    }

    #[test]
    fn the_rest_stands_at_the_end() {
        assert!(Template::parse("/files/{*rest}").is_ok());
        assert_eq!(index("/{*rest}/more"), 8);
        assert_eq!(index("/a{*rest}"), 2);
    }

    #[test]
    fn an_error_is_at_its_character() {
        assert_eq!(index("1/{ip}"), 0);
        assert_eq!(index("/1/{ip"), 3);
        assert_eq!(index("/1/ip}"), 5);
        assert_eq!(index("/1/{i p}"), 4);
        assert_eq!(index("/{a}{b}"), 4);
        assert_eq!(index("/{a}/{a}"), 6);
        assert_eq!(index("/a b"), 2);
        assert_eq!(index("/a?b"), 2);
    }
}
