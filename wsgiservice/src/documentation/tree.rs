//! What is told of an application, as a value whose members stay in the order in which they were added.
//!
//! The documents are made as trees, and not as structs of their own, so that there is one `Serialize` to compile for each
//! representation, and not one for each kind of object.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree {
    Object(Object),
    List(Vec<Self>),
    Text(String),
    /// Any other value, of which the members have their own order.
    Value(Value),
}

/// The members of an object, in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Object(Vec<(String, Tree)>);

impl Tree {
    /// A list of these texts.
    pub(crate) fn texts(texts: &[&str]) -> Self {
        Self::list(texts, |text| (*text).into())
    }

    /// A list of what is made of each.
    pub(crate) fn list<T>(all: &[T], tree: impl Fn(&T) -> Self) -> Self {
        Self::List(all.iter().map(tree).collect())
    }
}

impl Object {
    /// With a member more, which is not there yet.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Tree>) -> Self {
        self.push(name, value.into());
        self
    }

    /// Called from everywhere, and often for nobody: not worth a copy for each call.
    #[inline(never)]
    fn push(&mut self, name: &str, value: Tree) {
        self.0.push((name.to_owned(), value));
    }

    /// With a member more, if there is something to say.
    pub(crate) fn with_some(self, name: &str, value: Option<impl Into<Tree>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// With a text more, if it says something.
    pub(crate) fn with_text(self, name: &str, text: &str) -> Self {
        if text.is_empty() { self } else { self.with(name, text) }
    }

    /// With an object or a list more, if there is something in it.
    pub(crate) fn with_full(self, name: &str, value: impl Into<Tree>) -> Self {
        let value = value.into();
        let is_empty = match &value {
            Tree::Object(object) => object.is_empty(),
            Tree::List(list) => list.is_empty(),
            _ => false,
        };
        if is_empty { self } else { self.with(name, value) }
    }

    /// Sets a member, which keeps its place where it is there already.
    pub(crate) fn insert(&mut self, name: &str, value: Tree) {
        match self.0.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Tree> {
        self.members().find_map(|(known, value)| (known == name).then_some(value))
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
        let text = serde_json::to_string(&Tree::from(object)).expect("it has JSON");
        assert_eq!(text, r#"{"b":["2"],"a":true}"#);
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        let object = Object::default().with_text("a", "").with_some("b", None::<bool>);
        let object = object.with_full("c", Object::default()).with_full("d", Tree::texts(&[]));
        assert_eq!(object, Object::default());
    }
}
