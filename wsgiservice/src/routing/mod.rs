//! Routing: from a target to a resource, its path variables and its extension.

mod variables;

use http::Method;
use matchit::InsertError;
use wsgiservice_grammar::path::{self as declared, Part};

use self::variables::Template;

pub(crate) use self::variables::Variables;
use crate::{
    http::path::{self, Path},
    problem::Problem,
};

/// The templates of an application in a radix tree, whose cost grows only with the length of the path.
#[derive(Default)]
pub(crate) struct Router {
    tree: matchit::Router<usize>,
    routes: Vec<Route>,
    extensions: Vec<&'static str>,
    /// The length of the longest extension.
    longest_extension: usize,
    /// The first characters of the extensions, a bit for each: the last part of an address is seldom compared with them.
    first_characters: u128,
    ignored: Vec<String>,
}

/// The template of a resource.
#[derive(Debug)]
struct Route {
    template: String,
    variables: Template,
    ends_literally: bool,
    extensions: Vec<&'static str>,
    /// The paths whose `GET` requests are ignored, if the resource overrides those of the application.
    ignored: Option<&'static [&'static str]>,
}

/// A route and its position.
#[derive(Clone, Copy)]
struct At<'a> {
    resource: usize,
    route: &'a Route,
}

/// The resource that a target matches.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Matched<'a> {
    /// The position of the resource.
    pub(crate) resource: usize,
    /// The values of the path variables.
    pub(crate) variables: Variables<'a>,
    /// The extension that was removed from the path.
    pub(crate) extension: Option<&'static str>,
    /// The path without its extension.
    pub(crate) path: &'a str,
}

impl Router {
    /// Creates a router without templates, which ignores `GET` requests for these paths.
    pub(crate) fn ignoring(ignored: Vec<String>) -> Self {
        Self { ignored, ..Self::default() }
    }

    /// Adds a template for the next resource.
    ///
    /// # Errors
    /// The template that this one conflicts with, if known.
    pub(crate) fn add(
        &mut self,
        path: &declared::Path,
        extensions: Vec<&'static str>,
        ignored: Option<&'static [&'static str]>,
    ) -> Result<(), Option<String>> {
        let path = as_targets(path.clone());
        let template = path.to_string();
        let position = self.routes.len();
        self.routes.push(Route {
            variables: Template::new(&path),
            ends_literally: path.ends_literally(),
            template: template.clone(),
            extensions: extensions.clone(),
            ignored,
        });
        self.extensions.extend(extensions);
        self.extensions.sort_unstable();
        self.extensions.dedup();
        let lengths = self.extensions.iter().map(|extension| extension.len());
        self.longest_extension = lengths.max().unwrap_or_default();
        let firsts = self.extensions.iter().filter_map(|extension| extension.bytes().next());
        self.first_characters = firsts.fold(0, |all, first| all | bit(first));
        self.tree.insert(template, position).map_err(|error| match error {
            InsertError::Conflict { with } => Some(with),
            _ => None,
        })
    }

    /// Returns the position of the resource with this template.
    pub(crate) fn position(&self, template: &str) -> Option<usize> {
        self.routes.iter().position(|route| route.template == template)
    }

    /// Finds a resource by a normalised path.
    ///
    /// Literal text has precedence over an extension, and an extension over a variable that would include it, unless
    /// `accepts` says that the variable may have that text.
    #[inline]
    pub(crate) fn find<'a>(
        &'a self,
        path: &'a Path<'_>,
        accepts: impl FnOnce(&Matched<'a>) -> bool,
    ) -> Option<Matched<'a>> {
        let whole = self.at(path);
        if let Some(whole) = whole.filter(|whole| whole.route.ends_literally) {
            return Some(whole.matched(path, path.is_encoded(), None));
        }
        let Some(shorter) = self.without_extension(path) else {
            return Some(whole?.matched(path, path.is_encoded(), None));
        };
        match whole.map(|whole| whole.matched(path, path.is_encoded(), None)) {
            Some(whole) if !self.ends_literally(&shorter) && accepts(&whole) => Some(whole),
            _ => Some(shorter),
        }
    }

    /// Finds the resource of a path without its extension. An encoded dot begins no extension.
    fn without_extension<'a>(&'a self, path: &'a Path<'_>) -> Option<Matched<'a>> {
        // All that is before a dot and the longest extension does not matter.
        let start = path.len().saturating_sub(self.longest_extension + 1);
        let end = path.as_bytes().get(start..)?;
        let dot = start + end.iter().rposition(|byte| *byte == b'.')?;
        let extension = path.get(dot + 1..)?;
        if self.first_characters & bit(extension.bytes().next()?) == 0 {
            return None;
        }
        let extension = *self.extensions.iter().find(|known| **known == extension)?;
        if !path.ends_unencoded(path.get(dot..)?) {
            return None;
        }
        let stem = path.get(..dot)?;
        let found = self.at(stem)?;
        let has_extension = found.route.extensions.contains(&extension);
        has_extension.then(|| found.matched(stem, path.is_encoded(), Some(extension)))
    }

    fn ends_literally(&self, matched: &Matched<'_>) -> bool {
        self.routes.get(matched.resource).is_some_and(|route| route.ends_literally)
    }

    /// Finds the route that a path matches.
    fn at(&self, path: &str) -> Option<At<'_>> {
        let resource = *self.tree.at(path).ok()?.value;
        Some(At { resource, route: self.routes.get(resource)? })
    }

    /// Returns whether the path is ignored, as those that browsers request from every host.
    #[inline]
    pub(crate) fn ignores(
        &self,
        method: &Method,
        matched: &Matched<'_>,
        path: &str,
        query: Option<&str>,
    ) -> bool {
        let Some(route) = self.routes.get(matched.resource) else { return false };
        let is_listed = || match route.ignored {
            Some(ignored) => ignored.contains(&path),
            None => self.ignored.iter().any(|ignored| ignored == path),
        };
        matches!(*method, Method::GET | Method::HEAD)
            && query.is_none()
            && is_listed()
            && route.template != path
    }
}

impl<'a> At<'a> {
    /// The match of a path, without its extension.
    fn matched(
        self,
        path: &'a str,
        is_encoded: bool,
        extension: Option<&'static str>,
    ) -> Matched<'a> {
        let variables = self.route.variables.values(path, is_encoded);
        Matched { resource: self.resource, variables, extension, path }
    }
}

impl std::fmt::Debug for Router {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(&self.routes).finish()
    }
}

/// The bit of a character; those that are not ASCII share the bits of others.
fn bit(character: u8) -> u128 {
    1 << (character % 128)
}

/// The path with its literal text as targets have it; the names of its variables stay, which no target has.
fn as_targets(path: declared::Path) -> declared::Path {
    let parts = path.parts.into_iter().map(|part| match part {
        Part::Literal(text) => Part::Literal(path::literal(&text)),
        variable => variable,
    });
    declared::Path { parts: parts.collect() }
}

/// Creates the problem for a target without a resource.
pub(crate) fn not_found() -> Problem {
    Problem::not_found()
        .detail("No resource has the path of the request.")
        .error("The requested resource does not exist.")
}
