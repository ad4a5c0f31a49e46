//! The names that a client may send to a resource that denies unknown ones, by `#[mount(…, deny_unknown)]`.

use super::{MAX_VIOLATIONS, compiled::Parameters, source::Source};
use crate::{
    content::ReadContent,
    http::{incoming::Request, urlencoded::pairs},
    problem::{place::Place, violation::Violation},
};

/// The names that a client may send to a method: those of its parameters, and of the hooks before it.
#[derive(Debug)]
pub(crate) struct AcceptedNames {
    query: Vec<&'static str>,
    /// `None` if the content has no parameters, or if the type of the content decides what is in it.
    content: Option<Vec<&'static str>>,
}

impl AcceptedNames {
    pub(crate) fn new<'p>(
        parameters: impl Iterator<Item = &'p Parameters>,
        reads_members: bool,
    ) -> Self {
        let (mut query, mut content) = (Vec::new(), Vec::new());
        for parameter in parameters.flat_map(Parameters::iter) {
            if matches!(parameter.source, Source::Query | Source::QueryOrContent) {
                add(&mut query, parameter.key);
            }
            if matches!(parameter.source, Source::QueryOrContent | Source::Content | Source::File) {
                add(&mut content, parameter.key);
            }
        }
        Self { query, content: reads_members.then_some(content) }
    }

    /// Whether unknown members of the content are violations.
    pub(crate) fn limit_content(&self) -> bool {
        self.content.is_some()
    }

    /// Returns a violation for each name in the request that is not accepted.
    pub(crate) fn violations(&self, request: &Request, content: &ReadContent) -> Vec<Violation> {
        let mut violations = Vec::new();
        let mut check = |name: &str, place, accepted: &[&str]| {
            if !accepted.contains(&name) && violations.len() < MAX_VIOLATIONS {
                let violation = Violation::undeclared(name, place, accepted);
                if !violations.contains(&violation) {
                    violations.push(violation);
                }
            }
        };
        for (name, _) in pairs(request.target().query().unwrap_or_default().as_bytes()) {
            check(&name, Place::Query, &self.query);
        }
        if let Some(accepted) = &self.content {
            content.names().for_each(|name| check(name, Place::Content, accepted));
        }
        violations
    }
}

fn add(names: &mut Vec<&'static str>, name: &'static str) {
    if !names.contains(&name) {
        names.push(name);
    }
}
