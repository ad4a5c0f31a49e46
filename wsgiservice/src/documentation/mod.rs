//! The documentation of an application: the help page and the OpenAPI document.
//!
//! Both are made from one [`Documentation`], which is read off the compiled [site](crate::site), and so describes what the
//! service does.

mod asset;
mod content;
mod data;
mod example;
pub(crate) mod help;
mod model;
pub(crate) mod openapi;
mod parameter;
mod response;
pub(crate) mod schemas;
mod tree;

use std::collections::BTreeSet;

use serde_json::Value;

use self::schemas::{Direction, Schemas};
pub(crate) use self::{
    asset::Asset,
    content::Content,
    model::{Documentation, Method, Representation, Resource},
    parameter::Parameter,
    response::Response,
};
use crate::site::{SchemaOf, SiteOperation, SiteResource};

impl Documentation {
    /// The documentation of an application with this name, at this base path, with these resources in the order in which
    /// they were mounted.
    pub(crate) fn new(name: &str, base: String, resources: &[SiteResource]) -> Self {
        let mut writer = Writer { schemas: Schemas::new(&types(resources)), ids: BTreeSet::new() };
        // The command line takes its version from the same package.
        let package = resources.first().map(SiteResource::package);
        let mut sorted: Vec<_> = resources.iter().collect();
        sorted.sort_by_cached_key(|resource| resource.path().to_string());
        let resources = sorted.into_iter().map(|resource| writer.resource(resource)).collect();
        Self {
            name: name.to_owned(),
            base,
            version: package.map_or("", |package| package.version),
            description: package.map_or("", |package| package.description),
            resources,
            schemas: writer.schemas.components,
            package,
        }
    }
}

/// The state that the resources share while they are documented.
struct Writer {
    schemas: Schemas,
    ids: BTreeSet<String>,
}

impl Writer {
    fn resource(&mut self, resource: &SiteResource) -> Resource {
        let has_extensions = resource.has_extensions();
        let representations = resource.representations().into_iter().map(|it| Representation {
            extension: has_extensions.then_some(it.extension),
            media_type: it.media_type,
        });
        Resource {
            name: resource.name(),
            path: resource.path().clone(),
            description: resource.documentation(),
            representations: representations.collect(),
            allow: resource.allow.to_str().unwrap_or_default().to_owned(),
            methods: resource.methods().iter().map(|it| self.method(resource, it)).collect(),
            options: self.options(resource),
        }
    }

    /// `OPTIONS`, which has no parameters but the path variables.
    fn options(&mut self, resource: &SiteResource) -> Method {
        let variables = resource.variables().iter();
        let responses = resource.options_responses();
        Method {
            method: "OPTIONS",
            id: self.id("OPTIONS", resource.name()),
            summary: "List the methods of the resource.".to_owned(),
            description: "",
            deprecation: None,
            parameters: variables.map(|name| parameter::variable(name)).collect(),
            denies_unknown: false,
            content: None,
            responses: response::all(responses, &self.schemas),
            cache_control: None,
            credentials: Vec::new(),
        }
    }

    fn method(&mut self, resource: &SiteResource, operation: &SiteOperation) -> Method {
        let method = operation.method_name();
        let parameters = parameters(resource, operation);
        let documentation = operation.documentation();
        let (summary, description) =
            documentation.split_once("\n\n").unwrap_or((documentation, ""));
        Method {
            method,
            id: self.id(method, resource.name()),
            summary: summary.replace('\n', " "),
            description: description.trim(),
            deprecation: operation.deprecation(),
            content: content::of(operation, &parameters, &self.schemas),
            parameters,
            denies_unknown: operation.accepted_names.is_some(),
            responses: response::all(resource.responses(operation), &self.schemas),
            cache_control: operation.cache_control(),
            credentials: resource.credentials.alternatives(),
        }
    }

    /// A unique name for an operation: `getDocument`.
    fn id(&mut self, method: &str, resource: &str) -> String {
        let plain = format!("{}{resource}", method.to_lowercase().replace('-', "_"));
        let id = unused(&plain, |id| self.ids.contains(id));
        self.ids.insert(id.clone());
        id
    }
}

/// The types that have schemas, with the directions in which they are used.
fn types(resources: &[SiteResource]) -> Vec<(SchemaOf, Direction)> {
    let mut types = Vec::new();
    for resource in resources {
        for operation in resource.methods() {
            types.extend(operation.content_schema().map(|schema| (schema, Direction::Request)));
            let responses = resource.responses(operation).into_iter();
            let schemas = responses.filter_map(|response| response.schema);
            types.extend(schemas.map(|schema| (schema, Direction::Response)));
        }
    }
    types
}

/// The parameters of a method and of the hooks that run before it.
fn parameters(resource: &SiteResource, operation: &SiteOperation) -> Vec<Parameter> {
    let mut parameters: Vec<Parameter> = Vec::new();
    for operation in [operation].into_iter().chain(resource.hooks()) {
        for parameter in operation.named_parameters() {
            let parameter = parameter::of(parameter, operation.content);
            let is_same =
                |it: &&mut Parameter| it.has_key_of(&parameter) && it.can_be_in(parameter.place);
            match parameters.iter_mut().find(is_same) {
                Some(earlier) => earlier.narrow(&parameter),
                None => parameters.push(parameter),
            }
        }
    }
    parameters
}

/// A value as JSON. Its `Display` would instantiate another serializer.
fn as_json(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The name, followed by the first number from 2 on that makes it unused if it is used.
fn unused(name: &str, is_used: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number: u32| format!("{name}{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| !is_used(name)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        limits::Limits,
        site::{Mounting, Policy, Site},
    };

    #[wsgiservice_macros::mount("/ping", crate = crate)]
    struct Ping;

    #[wsgiservice_macros::resource(crate = crate)]
    impl Ping {
        fn get(&self) -> bool {
            true
        }
    }

    #[test]
    fn the_package_is_that_of_the_first_mounted_resource() {
        let mounting = |prefix: &str, version| {
            let mut mounting = Mounting::new(Ping);
            mounting.prefix = prefix.to_owned();
            mounting.mount.package.version = version;
            mounting
        };
        let mut site = Site::new(Policy::default(), Limits::default(), None, None);
        let wrong = site.mount(vec![mounting("/b", "2.0.0"), mounting("/a", "1.0.0")]);
        assert_eq!(wrong, Vec::<String>::new());
        let documentation = Documentation::new("ping", String::new(), &site.resources);
        assert_eq!(documentation.version, "2.0.0");
        assert_eq!(
            documentation.resources.first().map(|it| it.path.to_string()),
            Some("/a/ping".to_owned())
        );
    }
}
