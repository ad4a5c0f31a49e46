//! The types of problems that an application can respond with, each once.

use serde::Serialize;

use super::{SiteOperation, SiteResource};
use crate::declaration::{Failure, ProblemType};

/// A type of problems that has a page.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct DescribedType {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) status: u16,
    pub(crate) description: &'static str,
    /// The names of the members that it adds to the document.
    pub(crate) members: &'static [&'static str],
    /// The methods that can respond with it, with their paths.
    pub(crate) methods: Vec<String>,
    #[serde(skip)]
    kind: ProblemType,
}

/// The types that have a page of this application, in the order of their names.
///
/// # Errors
/// One text for each name that different types have.
pub(crate) fn collect(resources: &[SiteResource]) -> Result<Vec<DescribedType>, Vec<String>> {
    let mut types: Vec<DescribedType> = Vec::new();
    let mut wrong = Vec::new();
    for resource in resources {
        for operation in resource.methods() {
            let method = format!("{} {}", operation.method_name(), resource.path());
            for failure in failures(resource, operation) {
                let Some(kind) = failure.kind.filter(|kind| kind.base.is_none()) else { continue };
                let Some(known) = types.iter_mut().find(|known| known.name == kind.name) else {
                    types.push(DescribedType::new(failure, kind, method.clone()));
                    continue;
                };
                if known.kind != kind || known.status != failure.status {
                    wrong.push(format!(
                        "two types of problems have the name `{}`: rename one, or let them have the same status, title and members",
                        kind.name
                    ));
                } else if !known.methods.contains(&method) {
                    known.methods.push(method.clone());
                }
            }
        }
    }
    wrong.dedup();
    types.sort_by_key(|kind| kind.name);
    if wrong.is_empty() { Ok(types) } else { Err(wrong) }
}

/// The problems of a method and of the hooks before it.
fn failures<'a>(
    resource: &'a SiteResource,
    operation: &'a SiteOperation,
) -> impl Iterator<Item = &'static Failure> {
    let all = resource.hooks().iter().chain([operation]).flat_map(SiteOperation::failures);
    all.filter(|failure| failure.concerns(resource.id, operation.method_name()))
}

impl DescribedType {
    fn new(failure: &Failure, kind: ProblemType, method: String) -> Self {
        let documentation: &'static str = failure.documentation;
        Self {
            name: kind.name,
            title: kind.title,
            status: failure.status,
            description: documentation.trim(),
            members: kind.extensions,
            methods: vec![method],
            kind,
        }
    }
}
