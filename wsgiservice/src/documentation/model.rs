//! The documentation of an application: what the help page and the OpenAPI document are made from.

use serde_json::{Map, Value};
use wsgiservice_grammar::path::Path;

use super::{Content, Parameter, Response};
use crate::{
    http::challenge::Challenge,
    site::{Deprecation, Package},
};

/// The documentation of an application.
#[derive(Debug)]
pub(crate) struct Documentation {
    pub(crate) name: String,
    /// The path at which clients see the application, if it is set; a request can have another one.
    #[cfg_attr(
        not(any(test, feature = "command-line", feature = "testing")),
        expect(dead_code, reason = "only documents outside of a request are made with it")
    )]
    pub(crate) base: String,
    pub(crate) version: &'static str,
    pub(crate) description: &'static str,
    pub(crate) resources: Vec<Resource>,
    /// The schemas that other schemas refer to.
    pub(crate) schemas: Map<String, Value>,
    pub(crate) package: Option<Package>,
}

/// A resource.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) name: &'static str,
    pub(crate) path: Path,
    pub(crate) description: &'static str,
    pub(crate) representations: Vec<Representation>,
    /// The value of `Allow`.
    pub(crate) allow: String,
    pub(crate) methods: Vec<Method>,
    /// `OPTIONS`, which the framework implements.
    pub(crate) options: Method,
}

/// A representation of a resource.
#[derive(Debug)]
pub(crate) struct Representation {
    /// The extension of a target that selects it, unless that would be part of the last variable.
    pub(crate) extension: Option<&'static str>,
    pub(crate) media_type: &'static str,
}

/// A method of a resource.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) method: &'static str,
    /// The unique name of the operation.
    pub(crate) id: String,
    pub(crate) summary: String,
    pub(crate) description: &'static str,
    pub(crate) deprecation: Option<Deprecation>,
    pub(crate) parameters: Vec<Parameter>,
    /// Whether a parameter that is not documented is a violation.
    pub(crate) denies_unknown: bool,
    pub(crate) content: Option<Content>,
    pub(crate) responses: Vec<Response>,
    pub(crate) cache_control: Option<&'static str>,
    /// The sets of credentials of which a request must have one.
    pub(crate) credentials: Vec<Vec<Challenge>>,
}

impl Method {
    /// The challenge of each kind of credentials.
    pub(crate) fn challenges(&self) -> Vec<Challenge> {
        let mut challenges = Vec::new();
        for challenge in self.credentials.iter().flatten() {
            if !challenges.contains(challenge) {
                challenges.push(*challenge);
            }
        }
        challenges
    }
}
