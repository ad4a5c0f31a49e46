//! Names of components that stay the same if the application gets another resource.

use std::collections::{BTreeMap, BTreeSet};

use super::{Closure, Described, Direction};
use crate::documentation::unused;

/// What is known of the types with one schema.
#[derive(Debug, Default)]
struct Known {
    is_used: bool,
    is_in_response: bool,
    /// The paths of the type, from the IDs in which it occurs: `module::Page<module::Order>`. A type that only occurs in
    /// the members of others has none.
    paths: BTreeSet<String>,
}

impl Known {
    fn path(&self) -> Option<&str> {
        self.paths.first().map(String::as_str)
    }
}

/// The names of all named schemas that are used.
pub(super) fn of(types: &BTreeMap<(String, Direction), Described>) -> BTreeMap<Closure, String> {
    let mut all: BTreeMap<Closure, Known> = BTreeMap::new();
    for ((id, direction), described) in types {
        let paths = paths(id);
        for (local, closure) in described.closures() {
            let known = all.entry(closure).or_default();
            known.is_used |= described.is_used;
            known.is_in_response |= described.is_used && *direction == Direction::Response;
            let mut named = paths.iter().filter(|path| stem(path) == local);
            if let (Some(path), None) = (named.next(), named.next()) {
                known.paths.insert(path.clone());
            }
        }
    }
    let mut by_name: BTreeMap<String, Vec<(Closure, Known)>> = BTreeMap::new();
    for (closure, known) in all.into_iter().filter(|(_, known)| known.is_used) {
        by_name.entry(name(&closure, &known)).or_default().push((closure, known));
    }
    let mut names = Names { used: by_name.keys().cloned().collect(), names: BTreeMap::new() };
    for (name, group) in by_name {
        names.add_all(&name, group);
    }
    names.names
}

/// The name of a schema by itself: a generic type is named by its arguments, too.
fn name(closure: &Closure, known: &Known) -> String {
    let generic = known.path().filter(|path| path.contains('<'));
    component(&generic.map_or_else(|| closure.name.clone(), short))
}

/// The names so far.
struct Names {
    used: BTreeSet<String>,
    names: BTreeMap<Closure, String>,
}

impl Names {
    /// Names different schemas that have the same name by themselves.
    fn add_all(&mut self, name: &str, group: Vec<(Closure, Known)>) {
        let mut types: BTreeMap<_, Vec<(Closure, Known)>> = BTreeMap::new();
        for (closure, known) in group {
            let path = known.path().map(str::to_owned);
            let length = path.as_ref().map(|path| path.matches("::").count());
            types.entry((length, path)).or_default().push((closure, known));
        }
        // The type with the shortest path keeps the name, and that of the others has their module.
        for (position, ((_, path), variants)) in types.into_iter().enumerate() {
            let module = path.as_deref().and_then(module).filter(|_| position > 0);
            let name = module.map_or_else(|| name.to_owned(), |module| format!("{module}_{name}"));
            self.add(&name, position == 0, variants);
        }
    }

    /// Names the schemas of one type: those of requests differ if there are others.
    fn add(&mut self, name: &str, owns_name: bool, variants: Vec<(Closure, Known)>) {
        let has_response = variants.iter().any(|(_, known)| known.is_in_response);
        let mut is_first = owns_name;
        for (closure, known) in variants {
            let is_input = has_response && !known.is_in_response;
            let wanted = if is_input { format!("{name}Input") } else { name.to_owned() };
            let unique = if is_first && !is_input {
                is_first = false;
                wanted
            } else {
                unused(&wanted, |name| self.used.contains(name))
            };
            self.used.insert(unique.clone());
            self.names.insert(closure, unique);
        }
    }
}

/// The paths of types in the ID of a type, with their arguments.
fn paths(id: &str) -> BTreeSet<String> {
    // The ID of a list is that of its items in brackets.
    let id = id.replace('[', "List<").replace(']', ">");
    let is_end = |it: char| !is_in_path(it);
    let mut paths = BTreeSet::new();
    let mut rest = id.as_str();
    while let Some(start) = rest.find(is_in_path) {
        rest = rest.get(start..).unwrap_or_default();
        let (path, after) = rest.split_at(rest.find(is_end).unwrap_or(rest.len()));
        paths.insert(format!("{path}{}", arguments(after)));
        rest = after;
    }
    paths
}

/// The arguments at the start of a text, with their brackets.
fn arguments(text: &str) -> &str {
    let mut depth = 0;
    for (position, character) in text.char_indices() {
        match character {
            '<' => depth += 1,
            '>' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return if character == '>' { text.split_at(position + 1).0 } else { "" };
        }
    }
    ""
}

fn is_in_path(character: char) -> bool {
    character.is_alphanumeric() || "_:{}".contains(character)
}

/// The name of the type at the end of a path, without arguments.
fn stem(path: &str) -> &str {
    let path = path.split('<').next().unwrap_or_default();
    path.rsplit("::").next().unwrap_or_default()
}

/// The last module of a path.
fn module(path: &str) -> Option<&str> {
    path.split('<').next()?.rsplit("::").nth(1)
}

/// The path and its arguments without modules: `Page_Order`.
fn short(path: &str) -> String {
    let names = path.split(|it| !is_in_path(it)).filter(|name| !name.is_empty());
    names.map(stem).collect::<Vec<_>>().join("_")
}

/// The name with only the characters that the name of a component can have (OpenAPI, section 4.8.7.1).
fn component(name: &str) -> String {
    name.replace(|it: char| !it.is_ascii_alphanumeric() && !"._-".contains(it), "_")
}
