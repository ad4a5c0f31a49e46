//! A document as a value whose members stay in the order in which they were added.
//!
//! The documents are trees instead of structs, so that one `Serialize` is compiled for each representation instead of one
//! for each kind of object.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree {
    Object(Object),
    List(Vec<Self>),
    Text(String),
    /// Any other value; its members are sorted by name.
    Value(Value),
}

/// The members of an object, in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Object(Vec<(String, Tree)>);

impl Tree {
    /// A list of texts.
    pub(crate) fn texts(texts: &[&str]) -> Self {
        Self::list(texts, |text| (*text).into())
    }

    /// A list of the trees of these items.
    pub(crate) fn list<T>(all: &[T], tree: impl Fn(&T) -> Self) -> Self {
        Self::List(all.iter().map(tree).collect())
    }
}

impl Object {
    /// Adds a member. Its name must be new.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Tree>) -> Self {
        self.push(name, value.into());
        self
    }

    /// Not inlined, since it is called in many places and its speed does not matter.
    #[inline(never)]
    fn push(&mut self, name: &str, value: Tree) {
        self.0.push((name.to_owned(), value));
    }

    /// Adds a member, unless its value is `None`.
    pub(crate) fn with_some(self, name: &str, value: Option<impl Into<Tree>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds a text, unless it is empty.
    pub(crate) fn with_text(self, name: &str, text: &str) -> Self {
        if text.is_empty() { self } else { self.with(name, text) }
    }

    /// Adds an object or a list, unless it is empty.
    pub(crate) fn with_full(self, name: &str, value: impl Into<Tree>) -> Self {
        let value = value.into();
        let is_empty = match &value {
            Tree::Object(object) => object.is_empty(),
            Tree::List(list) => list.is_empty(),
            _ => false,
        };
        if is_empty { self } else { self.with(name, value) }
    }

    /// Sets a member. A member that exists keeps its place.
    pub(crate) fn insert(&mut self, name: &str, value: Tree) {
        match self.0.iter_mut().find(|(member, _)| member == name) {
            Some((_, member)) => *member = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Tree> {
        self.members().find_map(|(member, value)| (member == name).then_some(value))
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = (&str, &Tree)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<Object> for Tree {
    fn from(object: Object) -> Self {
        Self::Object(object)
    }
}

impl From<&str> for Tree {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Tree {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Tree {
    fn from(value: bool) -> Self {
        Self::Value(value.into())
    }
}

impl From<&Value> for Tree {
    fn from(value: &Value) -> Self {
        Self::Value(value.clone())
    }
}

impl From<Value> for Tree {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Object(Object(members)) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name.as_str(), value)?;
                }
                map.end()
            }
            Self::List(list) => list.serialize(serializer),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Value(value) => value.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_stay_in_the_order_in_which_they_were_added() {
        let mut object = Object::default().with("b", "1").with("a", true);
        object.insert("b", Tree::texts(&["2"]));
        let text = serde_json::to_string(&Tree::from(object)).expect("JSON");
        assert_eq!(text, r#"{"b":["2"],"a":true}"#);
    }

    #[test]
    fn empty_members_are_left_out() {
        let object = Object::default().with_text("a", "").with_some("b", None::<bool>);
        let object = object.with_full("c", Object::default()).with_full("d", Tree::texts(&[]));
        assert_eq!(object, Object::default());
    }
}
