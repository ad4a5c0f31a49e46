//! The parser of paths.

use super::{Malformed, Part, Path};

/// Parses a path by the grammar of the module above.
pub(super) fn parse(text: &str) -> Result<Path, Malformed> {
    if !text.starts_with('/') {
        return Err(Malformed::new(0, "a path must start with `/`"));
    }
    let mut parser = Parser::default();
    let mut characters = text.chars().enumerate();
    while let Some((index, character)) = characters.next() {
        if character == '{' {
            let name = braced(&mut characters)
                .ok_or_else(|| Malformed::new(index, "`{` is not closed"))?;
            parser.variable(index, &name)?;
        } else {
            parser.literal(index, character)?;
        }
    }
    Ok(parser.finish())
}

#[derive(Default)]
struct Parser {
    path: Path,
    /// The literal text since the last variable.
    literal: String,
    /// Whether the current segment has a variable.
    has_variable: bool,
}

impl Parser {
    fn literal(&mut self, index: usize, character: char) -> Result<(), Malformed> {
        if let Some(reason) = self.refuse_literal(character) {
            return Err(Malformed::new(index, reason));
        }
        if character == '/' {
            self.has_variable = false;
        }
        self.literal.push(character);
        Ok(())
    }

    /// Why the character cannot come next.
    fn refuse_literal(&self, character: char) -> Option<String> {
        Some(match character {
            ':' if self.literal.ends_with('/') => "a variable is written `{name}`".to_owned(),
            '<' | '>' => {
                format!("`{character}` is not allowed in a path: a variable is written `{{name}}`")
            }
            '}' => "unexpected `}`".to_owned(),
            '?' => {
                "`?` is not part of a path: query parameters are arguments of a method".to_owned()
            }
            '#' => "`#` is not part of a path: clients do not send a fragment".to_owned(),
            _ if character.is_whitespace() || character.is_control() || character == '\\' => {
                format!("{character:?} is not allowed in a path")
            }
            _ => format!("`{{*{}}}` must be the last part of a path", self.path.rest()?),
        })
    }

    fn variable(&mut self, index: usize, braced: &str) -> Result<(), Malformed> {
        if self.has_variable {
            return Err(Malformed::new(index, "a segment can have only one variable"));
        }
        let (name, is_rest) = match braced.strip_prefix('*') {
            Some(name) => (name, true),
            None => (braced, false),
        };
        if let Some(reason) = self.refuse_name(name) {
            return Err(Malformed::new(index.saturating_add(1), reason));
        }
        if is_rest && !self.literal.ends_with('/') {
            let reason = format!("`{{{braced}}}` matches whole segments: it must follow a `/`");
            return Err(Malformed::new(index, reason));
        }
        self.has_variable = true;
        self.end_literal();
        let part = if is_rest { Part::Rest } else { Part::Variable };
        self.path.parts.push(part(name.to_owned()));
        Ok(())
    }

    /// Why a variable cannot have the name.
    fn refuse_name(&self, name: &str) -> Option<String> {
        if name.is_empty() {
            Some("a variable must have a name: `{name}`".to_owned())
        } else if !is_argument_name(name) {
            Some(match name.split_once(':') {
                Some((name, suffix)) if is_argument_name(name) => refuse_suffix(name, suffix),
                _ => format!("`{name}` is not a valid argument name"),
            })
        } else if self.path.variables().any(|known| known == name) {
            Some(format!("variable `{name}` appears twice"))
        } else {
            None
        }
    }

    fn end_literal(&mut self) {
        if !self.literal.is_empty() {
            self.path.parts.push(Part::Literal(std::mem::take(&mut self.literal)));
        }
    }

    fn finish(mut self) -> Path {
        self.end_literal();
        self.path
    }
}

/// The text before `}`, or `None` if the path ends first. After a colon, as other frameworks have it before an
/// expression, braces are in pairs.
fn braced(characters: &mut impl Iterator<Item = (usize, char)>) -> Option<String> {
    let mut text = String::new();
    let mut depth = 0_usize;
    for (_, character) in characters {
        match character {
            '{' if text.contains(':') => depth = depth.saturating_add(1),
            '}' if depth == 0 => return Some(text),
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        text.push(character);
    }
    None
}

/// Why a variable has nothing after its name, as it has in other frameworks: a type, or a regular expression.
fn refuse_suffix(name: &str, suffix: &str) -> String {
    if suffix == "path" {
        return format!("a variable for all segments that remain is written `{{*{name}}}`");
    }
    if suffix.chars().all(char::is_alphanumeric) {
        return format!(
            "a variable has no type in the path: write `{{{name}}}`, and the type of the argument decides"
        );
    }
    let expression = match suffix.contains('\\') && !suffix.contains('"') {
        true => format!("r\"{suffix}\""),
        false => format!("{suffix:?}"),
    };
    format!(
        "a variable has no expression in the path: write `{{{name}}}`, and `#[validate({name}, re = {expression})]` on the struct"
    )
}

/// Whether an argument can have this name, which is a raw identifier (`r#type`) if it is a keyword.
fn is_argument_name(name: &str) -> bool {
    // Not `char::is_alphanumeric`: it has digits such as `²`, which an identifier cannot have.
    let is_start = |character: char| character.is_alphabetic() || character == '_';
    name.starts_with(is_start)
        && name.chars().all(|character| is_start(character) || character.is_ascii_digit())
        && !["self", "Self", "super", "crate", "_"].contains(&name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(text: &str) -> (usize, String) {
        let error = Path::parse(text).expect_err(text);
        (error.index, error.reason)
    }

    fn is_error(text: &str, index: usize, reason: &str) {
        assert_eq!(error(text), (index, reason.to_owned()), "{text}");
    }

    #[test]
    fn an_error_is_at_its_character() {
        is_error("1/{ip}", 0, "a path must start with `/`");
        is_error("", 0, "a path must start with `/`");
        is_error("/1/{ip", 3, "`{` is not closed");
        is_error("/é/{", 3, "`{` is not closed");
        is_error("/1/ip}", 5, "unexpected `}`");
        is_error("/{a}{b}", 4, "a segment can have only one variable");
        is_error("/{a}-{b}", 5, "a segment can have only one variable");
        is_error("/{a}/{a}", 6, "variable `a` appears twice");
        is_error("/:id", 1, "a variable is written `{name}`");
        is_error("/<id>", 1, "`<` is not allowed in a path: a variable is written `{name}`");
        is_error("/a b", 2, "' ' is not allowed in a path");
        is_error("/a\\b", 2, r"'\\' is not allowed in a path");
        is_error(
            "/a?b",
            2,
            "`?` is not part of a path: query parameters are arguments of a method",
        );
        is_error(
            "/{id:int}",
            2,
            "a variable has no type in the path: write `{id}`, and the type of the argument decides",
        );
        is_error("/{id:path}", 2, "a variable for all segments that remain is written `{*id}`");
        is_error(
            "/{id:[0-9]{4}}",
            2,
            "a variable has no expression in the path: write `{id}`, and `#[validate(id, re = \"[0-9]{4}\")]` on the struct",
        );
        is_error("/a#b", 2, "`#` is not part of a path: clients do not send a fragment");
    }

    #[test]
    fn the_rest_stands_alone_at_the_end() {
        assert!(Path::parse("/files/{*rest}").is_ok());
        is_error("/{*rest}/more", 8, "`{*rest}` must be the last part of a path");
        is_error("/{*rest}.txt", 8, "`{*rest}` must be the last part of a path");
        is_error("/a{*rest}", 2, "`{*rest}` matches whole segments: it must follow a `/`");
    }

    #[test]
    fn a_variable_is_named_like_an_argument() {
        for text in ["/{type}", "/{_a}", "/{größe2}"] {
            assert!(Path::parse(text).is_ok(), "{text}");
        }
        is_error("/1/{i p}", 4, "`i p` is not a valid argument name");
        is_error("/{}", 2, "a variable must have a name: `{name}`");
        is_error("/{*}", 2, "a variable must have a name: `{name}`");
        for name in ["self", "Self", "super", "crate", "_", "1a", "a-b", "a²", "{a", "r#a", "*a"] {
            assert_eq!(error(&format!("/{{*{name}}}")).0, 2, "{name}");
        }
    }

    #[test]
    fn a_colon_within_a_segment_is_literal() {
        assert!(Path::parse("/a:b/{c}:d").is_ok());
    }

    proptest! {
        #[test]
        fn a_path_is_written_as_it_was_read(
            text in r"(/([a-z.é]{0,3}|[a-z.]?\{[a-z]{1,2}\}[a-z.]?|\{\*[a-z]\})){1,4}",
        ) {
            if let Ok(path) = Path::parse(&text) {
                prop_assert_eq!(path.to_string(), text);
            }
        }

        #[test]
        fn an_error_is_within_the_text(text in "/?[/a-cé {}*:<>?#\\\\]{0,12}") {
            if let Err(error) = Path::parse(&text) {
                prop_assert!(error.index <= text.chars().count());
            }
        }
    }
}
