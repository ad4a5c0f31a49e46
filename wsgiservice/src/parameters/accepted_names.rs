//! The names that a client may send to a resource that denies unknown ones, by `#[mount(…, deny_unknown)]`.

use super::{MAX_VIOLATIONS, compiled::Parameters, source::Source};
use crate::{
    content::ReadContent,
    http::{incoming::Request, urlencoded::pairs},
    problem::{
        place::Place,
        violation::{Code, Violation},
    },
};

/// The names that a client may send to a method: those of its parameters, and of the hooks before it.
#[derive(Debug)]
pub(crate) struct AcceptedNames {
    query: Vec<&'static str>,
    /// `None` if the content has no parameters, or if the type of the content decides what is in it.
    content: Option<Vec<&'static str>>,
    /// Those of parameters that the query and the content may have.
    in_either: Vec<&'static str>,
}

impl AcceptedNames {
    pub(crate) fn new<'p>(
        parameters: impl Iterator<Item = &'p Parameters>,
        reads_members: bool,
    ) -> Self {
        let (mut query, mut content, mut in_either) = (Vec::new(), Vec::new(), Vec::new());
        for parameter in parameters.flat_map(Parameters::iter) {
            if matches!(parameter.source, Source::Query | Source::QueryOrContent) {
                add(&mut query, parameter.key);
            }
            if matches!(parameter.source, Source::QueryOrContent | Source::Content | Source::File) {
                add(&mut content, parameter.key);
            }
            if matches!(parameter.source, Source::QueryOrContent) {
                add(&mut in_either, parameter.key);
            }
        }
        Self { query, content: reads_members.then_some(content), in_either }
    }

    /// Whether unknown members of the content are violations.
    pub(crate) fn limit_content(&self) -> bool {
        self.content.is_some()
    }

    /// Returns a violation for each name in the request that is not accepted, and for each member of the content that has no
    /// effect, because the query has its parameter.
    pub(crate) fn violations(&self, request: &Request, content: &ReadContent) -> Vec<Violation> {
        let mut violations = Vec::new();
        let mut report = |violation: Violation| {
            if violations.len() < MAX_VIOLATIONS && !violations.contains(&violation) {
                violations.push(violation);
            }
        };
        let mut queried = Vec::new();
        for (name, _) in pairs(request.target().query().unwrap_or_default().as_bytes()) {
            if !self.query.contains(&&*name) {
                report(Violation::undeclared(&name, Place::Query, &self.query));
            }
            queried.extend(self.in_either.iter().filter(|either| **either == name));
        }
        for name in content.names().filter(|_| self.content.is_some()) {
            let accepted = self.content.as_deref().unwrap_or_default();
            if !accepted.contains(&name) {
                report(Violation::undeclared(name, Place::Content, accepted));
            } else if queried.contains(&&name) {
                report(Violation::within_content(name, Code::Repeated, IN_QUERY));
            }
        }
        violations
    }
}

const IN_QUERY: &str = "It is in the query, too, which takes precedence.";

fn add(names: &mut Vec<&'static str>, name: &'static str) {
    if !names.contains(&name) {
        names.push(name);
    }
}
