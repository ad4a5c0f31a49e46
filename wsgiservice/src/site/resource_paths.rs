//! The paths of resources as the client of a request sees them.
//!
//! The `path` of a resource is an associated function, and a resource does not know where its application is nested, nor
//! which prefix a host or a proxy removed from the target. Since the exchange knows, it sets a [`PathContext`] for as long
//! as the method runs, and `path` reads it. So `path` returns the same text everywhere in a response: in its location, in
//! its content, in a page. Outside of a request, for example in a task that a method starts or in a stream that it
//! returns, it is the path of the `#[mount]`.
//!
//! If a resource is mounted more than once, `path` leads to the one that is nearest to the resource that was requested:
//! its prefix has most segments in common.

use std::{any::TypeId, sync::Arc};

use super::current;
use crate::http::path::literal;

/// The resources of a site with the prefixes of the applications that they are nested in.
#[derive(Clone, Debug, Default)]
pub(crate) struct ResourcePaths {
    all: Vec<NestedResource>,
    /// Whether one of the prefixes has a variable.
    have_variables: bool,
}

#[derive(Clone, Debug)]
struct NestedResource {
    id: TypeId,
    prefix: String,
}

/// What the paths of resources depend on during a request.
#[derive(Debug)]
pub(crate) struct PathContext {
    paths: Arc<ResourcePaths>,
    /// The position of the requested resource.
    requested: usize,
    /// What a host or a proxy removed from the path of the target.
    base: String,
    /// The path of the target, from which the variables of a prefix are filled; empty if there are none.
    target: String,
}

impl ResourcePaths {
    /// Adds the next resource.
    pub(super) fn add(&mut self, id: TypeId, prefix: &str) {
        self.have_variables |= prefix.contains('{');
        self.all.push(NestedResource { id, prefix: literal(prefix) });
    }

    /// The context of a request.
    pub(super) fn context(
        self: &Arc<Self>,
        requested: usize,
        base: String,
        target: &str,
    ) -> PathContext {
        let target = if self.have_variables { target.to_owned() } else { String::new() };
        PathContext { paths: Arc::clone(self), requested, base, target }
    }
}

impl PathContext {
    /// The path of a resource, from that of its `#[mount]`; unchanged if it is not mounted.
    fn path(&self, id: TypeId, path: String) -> String {
        let here = self.paths.all.get(self.requested).map_or("", |it| &it.prefix);
        let same = self.paths.all.iter().filter(|resource| resource.id == id);
        let filled = same.filter_map(|resource| {
            let in_common = segments_in_common(&resource.prefix, here);
            Some((in_common, fill(&resource.prefix, here, &self.target)?))
        });
        // Of several with as much in common, the first.
        let nearest = filled.reduce(|best, next| if next.0 > best.0 { next } else { best });
        match nearest {
            Some((_, prefix)) => format!("{}{prefix}{path}", self.base),
            None => path,
        }
    }
}

fn segments_in_common(one: &str, other: &str) -> usize {
    one.split('/').zip(other.split('/')).take_while(|(one, other)| one == other).count()
}

/// A prefix with its variables filled from a target whose prefix is `here`; `None` if that does not have one of them.
fn fill(prefix: &str, here: &str, target: &str) -> Option<String> {
    let in_common = segments_in_common(prefix, here);
    let segments = prefix.split('/').enumerate().map(|(position, segment)| {
        if !segment.contains('{') {
            return Some(segment);
        }
        target.split('/').nth(position).filter(|_| position < in_common)
    });
    segments.collect::<Option<Vec<_>>>().map(|segments| segments.join("/"))
}

/// The path of a resource for the client of the request that is handled, from the path of its `#[mount]`.
pub fn path<R: 'static>(path: String) -> String {
    current::with_paths(|context| match context {
        Some(context) => context.path(TypeId::of::<R>(), path),
        None => path,
    })
}

/// What a host or a proxy removed from the path of the target of the request that is handled.
pub(crate) fn base() -> String {
    current::with_paths(|context| context.map(|it| it.base.clone()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_filled_from_the_segments_that_it_shares_with_the_target() {
        let here = "/{tenant}/v{version}";
        assert_eq!(fill(here, here, "/acme/v2/notes"), Some("/acme/v2".to_owned()));
        assert_eq!(fill("/{tenant}/x", here, "/acme/v2/notes"), Some("/acme/x".to_owned()));
        assert_eq!(fill("/a/{tenant}", here, "/acme/v2/notes"), None);
    }
}
