//! What an element can mean where serde asks for no type, and where an optional value is left empty.

use std::cell::RefCell;

use super::{Dialect, Element, error::Found};

/// What an element means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Interpretation {
    Null,
    Boolean(bool),
    Integer(i128),
    Number(f64),
    Text,
    /// Its children; or itself as the only entry.
    List,
    Map,
    /// An optional value that is there, whatever it is.
    Present,
}

/// As what an element is interpreted. It can be an optional value, then a list, and then the only entry of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Optional,
    Value,
    Entry,
}

/// The interpretations of an attempt that are not the first ones of their elements.
#[derive(Clone, Debug, Default)]
pub(super) struct Choices(Vec<Choice>);

/// The position of an interpretation among those of an element, which its address identifies.
#[derive(Clone, Copy, Debug)]
struct Choice {
    element: usize,
    role: Role,
    position: usize,
}

/// An element that was interpreted in an attempt.
#[derive(Clone, Copy, Debug)]
struct Interpreted {
    choice: Choice,
    interpretation: Interpretation,
    text: usize,
    has_more: bool,
}

/// An attempt to read a value.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) dialect: Dialect,
    choices: Choices,
    interpreted: RefCell<Vec<Interpreted>>,
}

impl Reading {
    pub(super) fn new(dialect: Dialect, choices: Choices) -> Self {
        Self { dialect, choices, interpreted: RefCell::default() }
    }

    /// The number of elements that were interpreted.
    pub(super) fn len(&self) -> usize {
        self.interpreted.borrow().len()
    }

    /// Interprets an element for which serde asks for no type.
    pub(super) fn of_value(&self, element: &Element<'_>, is_only_entry: bool) -> Interpretation {
        let mut all = interpretations(element, self.dialect);
        if !is_only_entry {
            return self.choose(element, Role::Value, &all);
        }
        all.retain(|it| *it != Interpretation::List);
        self.choose(element, Role::Entry, &all)
    }

    /// Returns whether an optional value is there. What is left empty is there if its type allows that, and else absent.
    pub(super) fn is_present(&self, element: &Element<'_>) -> bool {
        match self.dialect {
            Dialect::Xml if element.is_empty() => return false,
            Dialect::Xml if element.is_blank() => {}
            Dialect::Form if element.is_empty() => {}
            _ => return true,
        }
        let both = [Interpretation::Present, Interpretation::Null];
        self.choose(element, Role::Optional, &both) == Interpretation::Present
    }

    fn choose(&self, element: &Element<'_>, role: Role, all: &[Interpretation]) -> Interpretation {
        let address = std::ptr::from_ref(element).addr();
        let chosen = self.choices.0.iter().rfind(|it| it.element == address && it.role == role);
        let position = chosen.map_or(0, |it| it.position);
        let interpretation = all.get(position).copied().unwrap_or(Interpretation::Text);
        self.interpreted.borrow_mut().push(Interpreted {
            choice: Choice { element: address, role, position },
            interpretation,
            text: element.text.as_ptr().addr(),
            has_more: position + 1 < all.len(),
        });
        interpretation
    }

    /// The attempts that differ in one element, which can be the one that did not fit.
    pub(super) fn alternatives(self, found: Found) -> impl Iterator<Item = Choices> {
        let all = self.interpreted.into_inner().into_iter();
        all.filter(move |it| it.has_more && it.can_be(found)).map(move |it| {
            let mut choices = self.choices.clone();
            choices.0.push(Choice { position: it.choice.position + 1, ..it.choice });
            choices
        })
    }
}

impl Interpreted {
    fn can_be(&self, found: Found) -> bool {
        match (found, self.interpretation) {
            (Found::Unknown, _) => true,
            (Found::Text(text), Interpretation::Text | Interpretation::Present) => {
                text == self.text
            }
            (Found::Integer(found), Interpretation::Integer(number)) => found == number,
            (Found::Number(found), Interpretation::Number(number)) => found == number,
            (Found::Boolean(found), Interpretation::Boolean(value)) => found == value,
            (Found::Null, Interpretation::Null)
            | (Found::List, Interpretation::List)
            | (Found::Map, Interpretation::Map) => true,
            _ => false,
        }
    }
}

/// What an element can mean, the most likely first: what it would be in JSON.
fn interpretations(element: &Element<'_>, dialect: Dialect) -> Vec<Interpretation> {
    use Interpretation::{Boolean, List, Map, Null, Text};
    if !element.children.is_empty() {
        return if element.is_list() && dialect == Dialect::Xml {
            vec![List]
        } else {
            vec![Map, List]
        };
    }
    match (&*element.text, dialect) {
        ("true", _) => vec![Boolean(true), Text, List],
        ("false", _) => vec![Boolean(false), Text, List],
        ("on", Dialect::Form) => vec![Text, Boolean(true), List],
        ("", Dialect::Form) => vec![Text, Null, List],
        ("", Dialect::Xml) => vec![Null, Text, List, Map],
        (text, _) => number(text).into_iter().chain([Text, List]).collect(),
    }
}

/// The number that a text is in JSON.
fn number(text: &str) -> Option<Interpretation> {
    let is_exact = text.ends_with(|last: char| last.is_ascii_digit())
        && text.starts_with(|first: char| first.is_ascii_digit() || first == '-');
    let number: serde_json::Number = serde_json::from_str(text).ok().filter(|_| is_exact)?;
    match number.as_u64().map(i128::from).or(number.as_i64().map(i128::from)) {
        Some(integer) => Some(Interpretation::Integer(integer)),
        None => number.as_f64().map(Interpretation::Number),
    }
}
