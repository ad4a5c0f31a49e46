//! The values of the path variables.
//!
//! The radix tree finds the template of a path. This module extracts the values between the literal parts of the template: the
//! tree returns them as bytes, which would be checked for UTF-8 again on each access.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use wsgiservice_grammar::path::{Part, Path};

/// The variables of a template.
#[derive(Debug)]
pub(super) struct Template {
    variables: Vec<Variable>,
    /// The length of the literal text after the last variable, in bytes.
    after: usize,
}

/// A variable of a template.
#[derive(Debug)]
struct Variable {
    name: String,
    /// The length of the literal text between the previous variable and this one, in bytes.
    before: usize,
    /// The length of the literal text after it in its segment, in bytes.
    suffix: usize,
}

/// The values of the path variables, still percent-encoded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variables<'a> {
    template: &'a Template,
    path: &'a str,
    /// Whether any octet of the path is percent-encoded.
    are_encoded: bool,
}

impl Template {
    /// The variables of a path whose literal text is that of targets.
    pub(super) fn new(path: &Path) -> Self {
        let mut variables: Vec<Variable> = Vec::new();
        let mut literal = 0;
        for part in &path.parts {
            match part {
                Part::Literal(text) => {
                    literal = text.len();
                    if let Some(variable) = variables.last_mut() {
                        variable.suffix = text.find('/').unwrap_or(literal);
                    }
                }
                Part::Variable(name) | Part::Rest(name) => {
                    variables.push(Variable { name: name.clone(), before: literal, suffix: 0 });
                    literal = 0;
                }
            }
        }
        Self { variables, after: literal }
    }

    /// Returns the values in a matching path.
    pub(super) fn values<'a>(&'a self, path: &'a str, are_encoded: bool) -> Variables<'a> {
        Variables { template: self, path, are_encoded }
    }
}

impl<'a> Variables<'a> {
    /// Returns the name of the last variable.
    pub(crate) fn last_name(&self) -> Option<&'a str> {
        self.template.variables.last().map(|variable| variable.name.as_str())
    }

    /// Decodes text of the path; `None` if it is not percent-encoded UTF-8.
    pub(crate) fn decode(&self, text: &'a str) -> Option<Cow<'a, str>> {
        if !self.are_encoded {
            return Some(Cow::Borrowed(text));
        }
        is_percent_encoded(text).then(|| percent_decode_str(text).decode_utf8().ok()).flatten()
    }

    /// Returns the value of the variable with this name.
    ///
    /// A variable ends before the suffix of its segment. The last one may span all remaining segments, and ends before the
    /// literal text at the end of the template.
    #[inline(always)]
    pub(crate) fn named(&self, name: &str) -> Option<&'a str> {
        let variables = &self.template.variables;
        let mut end = 0_usize;
        for (position, variable) in variables.iter().enumerate() {
            let start = end.saturating_add(variable.before);
            let after = if position.saturating_add(1) == variables.len() {
                self.template.after
            } else {
                let (_, rest) = self.path.split_at_checked(start)?;
                let segment = rest.find('/').unwrap_or(rest.len());
                rest.len().saturating_sub(segment).saturating_add(variable.suffix)
            };
            end = self.path.len().checked_sub(after)?;
            if variable.name == name {
                return self.path.get(start..end);
            }
        }
        None
    }
}

/// Whether two hexadecimal digits follow each percent sign (RFC 3986, section 2.1).
fn is_percent_encoded(text: &str) -> bool {
    let mut rest = text.as_bytes();
    while let Some(position) = rest.iter().position(|byte| *byte == b'%') {
        let Some([_, high, low, tail @ ..]) = rest.get(position..) else { return false };
        if !high.is_ascii_hexdigit() || !low.is_ascii_hexdigit() {
            return false;
        }
        rest = tail;
    }
    true
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn template(path: &str) -> Template {
        Template::new(&Path::parse(path).expect("a path"))
    }

    #[test]
    fn another_name_has_no_value() {
        assert_eq!(template("/{a}").values("/1", false).named("b"), None);
        assert_eq!(template("/a").values("/a", false).named("a"), None);
    }

    #[test]
    fn a_name_may_have_letters_beyond_ascii() {
        assert_eq!(template("/{größe}").values("/1", false).named("größe"), Some("1"));
    }

    proptest! {
        #[test]
        fn the_values_are_those_of_the_tree(
            a in "[a-z.é]{1,5}",
            b in "[a-z.é]{1,5}",
            rest in "[a-z.é]{1,3}(/[a-z.é]{1,3}){0,2}",
        ) {
            for text in [
                "/{a}", "/{a}/{b}", "/x/{a}/y/{b}/z", "/v{a}/{b}.txt", "/{a}.txt/é{b}-", "/{a}/{*rest}", "/{*rest}",
                "/a", "/é{a}é/{b}",
            ] {
                let path = text.replace("{a}", &a).replace("{b}", &b).replace("{*rest}", &rest);
                let mut tree = matchit::Router::new();
                tree.insert(text, ()).expect("a template");
                let found = tree.at(&path).expect("a match").params;
                let (template, path) = (template(text), path.as_str());
                for name in ["a", "b", "rest"] {
                    prop_assert_eq!(template.values(path, false).named(name), found.get(name), "{}", path);
                }
            }
        }
    }
}
