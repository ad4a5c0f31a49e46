//! What an application is, told to its readers: the help page and the OpenAPI document.
//!
//! Both are made of one [`Documentation`], which is read off the descriptors, and so cannot drift from what the service
//! does.

mod answer;
mod example;
pub(crate) mod help;
pub(crate) mod openapi;
mod parameter;
mod schema;
mod tree;
mod view;

use std::collections::BTreeSet;

use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value};

pub(crate) use self::{answer::Answer, parameter::Parameter};
use crate::{
    declaration::{Mount, Operation, Operations, Package, Role},
    representation::Representations,
    site::{methods, policy::Manners},
};

/// A resource that was mounted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Described<'a> {
    pub(crate) path: &'a str,
    pub(crate) mount: &'a Mount,
    pub(crate) operations: &'a Operations,
    pub(crate) manners: &'a Manners,
}

/// All that there is to say of an application.
#[derive(Debug)]
pub(crate) struct Documentation {
    pub(crate) name: String,
    pub(crate) version: &'static str,
    pub(crate) description: &'static str,
    pub(crate) resources: Vec<Resource>,
    pub(crate) components: Components,
    pub(crate) package: Option<Package>,
}

/// What schemas refer to.
#[derive(Debug)]
pub(crate) struct Components {
    pub(crate) schemas: Map<String, Value>,
}

/// A resource.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) name: &'static str,
    pub(crate) path: String,
    pub(crate) description: &'static str,
    pub(crate) representations: Vec<Representation>,
    /// The names of its methods, as `Allow` has them.
    pub(crate) allow: String,
    pub(crate) methods: Vec<Method>,
    /// What tells that, which the framework answers.
    pub(crate) options: Method,
}

/// A representation of a resource.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Representation {
    pub(crate) extension: &'static str,
    pub(crate) media_type: &'static str,
}

/// A method of a resource.
#[derive(Debug)]
pub(crate) struct Method {
    pub(crate) method: &'static str,
    /// The name of the operation, which no other has.
    pub(crate) id: String,
    pub(crate) summary: String,
    pub(crate) description: &'static str,
    pub(crate) deprecated: Option<Deprecated>,
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) content: Option<Content>,
    pub(crate) answers: Vec<Answer>,
    pub(crate) cache_control: Option<&'static str>,
    /// How to log in.
    pub(crate) challenges: Vec<&'static str>,
}

/// That a method is to go.
#[derive(Debug)]
pub(crate) struct Deprecated {
    pub(crate) since: Option<&'static str>,
    pub(crate) note: Option<&'static str>,
    pub(crate) sunset: Option<&'static str>,
}

/// The content of a request.
#[derive(Debug)]
pub(crate) struct Content {
    pub(crate) mandatory: bool,
    pub(crate) media_types: Vec<&'static str>,
    /// How much of it is read, in bytes.
    pub(crate) limit: usize,
    pub(crate) schema: Option<Value>,
}

impl Documentation {
    /// The documentation of these resources, in the order in which they were mounted.
    pub(crate) fn new(name: &str, mounted: &[Described<'_>]) -> Self {
        let settings = SchemaSettings::draft2020_12();
        let settings = settings.with(|it| it.definitions_path = "/components/schemas".into());
        let mut writer = Writer { generator: settings.into_generator(), ids: BTreeSet::new() };
        let mut described: Vec<_> = mounted.to_vec();
        described.sort_unstable_by_key(|resource| resource.path);
        let resources = described.iter().map(|resource| writer.resource(resource)).collect();
        // That of the command line, too: of what was mounted first.
        let package = mounted.first().map(|resource| resource.mount.package);
        let schemas = writer.generator.take_definitions(true);
        Self {
            name: name.to_owned(),
            version: package.map_or("", |package| package.version),
            description: package.map_or("", |package| package.description),
            resources,
            components: Components { schemas },
            package,
        }
    }
}

/// What is needed while it is written.
struct Writer {
    generator: SchemaGenerator,
    ids: BTreeSet<String>,
}

impl Writer {
    fn resource(&mut self, resource: &Described<'_>) -> Resource {
        let Described { path, mount, operations, .. } = *resource;
        let methods: Vec<_> = operations
            .operations
            .iter()
            .filter_map(|operation| match operation.role {
                Role::Method(method) => Some(self.method(resource, method, operation)),
                _ => None,
            })
            .collect();
        let allow = methods::allow(methods.iter().map(|method| method.method));
        let options = self.options(mount, &methods);
        Resource {
            name: mount.name,
            path: path.to_owned(),
            description: mount.documentation,
            representations: representations(mount, operations),
            allow: allow.to_str().unwrap_or_default().to_owned(),
            methods,
            options,
        }
    }

    /// `OPTIONS`, which asks for no more than the path.
    fn options(&mut self, mount: &Mount, methods: &[Method]) -> Method {
        Method {
            method: "OPTIONS",
            id: self.id("OPTIONS", mount.name),
            summary: "Tell which methods there are.".to_owned(),
            description: "",
            deprecated: None,
            parameters: mount.variables.iter().map(|name| parameter::variable(name)).collect(),
            content: None,
            answers: answer::of_options(methods),
            cache_control: None,
            challenges: Vec::new(),
        }
    }

    fn method(
        &mut self,
        resource: &Described<'_>,
        method: &'static str,
        operation: &Operation,
    ) -> Method {
        let Described { mount, operations, manners, .. } = *resource;
        let mut parameters = parameter::all(mount, operation);
        for hook in operations.operations.iter().filter(|it| !matches!(it.role, Role::Method(_))) {
            let further = parameter::all(mount, hook).into_iter();
            let known: Vec<_> = parameters.iter().map(|parameter| parameter.name).collect();
            parameters.extend(further.filter(|parameter| !known.contains(&parameter.name)));
        }
        let content = schema::content(mount, operation, manners, &parameters, &mut self.generator);
        let documentation = operation.documentation;
        let (summary, description) =
            documentation.split_once("\n\n").unwrap_or((documentation, ""));
        let challenges = answer::challenges(operations);
        Method {
            method,
            id: self.id(method, mount.name),
            summary: summary.replace('\n', " "),
            description: description.trim(),
            deprecated: operation.deprecation.map(|it| Deprecated {
                since: it.since,
                note: it.note,
                sunset: it.sunset,
            }),
            answers: answer::of(resource, operation, &content, &parameters, &mut self.generator),
            parameters,
            content,
            cache_control: operation.freshness.map(|freshness| freshness.cache_control),
            challenges,
        }
    }

    /// A name as programs have them: `getDocument`.
    fn id(&mut self, method: &str, resource: &str) -> String {
        let plain = format!("{}{resource}", method.to_lowercase().replace('-', "_"));
        let id = unused(&plain, |id| self.ids.contains(id));
        self.ids.insert(id.clone());
        id
    }
}

/// A value as JSON, by what writes answers: its `Display` would be one serialiser more to compile.
fn as_json(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The name itself, or with the first number from 2 on with which nothing has it.
fn unused(name: &str, is_used: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number: u32| format!("{name}{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| !is_used(name)).unwrap_or_default()
}

/// The representations that some method of the resource has.
fn representations(mount: &Mount, operations: &Operations) -> Vec<Representation> {
    let mut all = Vec::new();
    for operation in operations.operations {
        let returns = (operation.returns)();
        let is_answered = matches!(operation.role, Role::Method(_)) && returns.value.is_some();
        let written = is_answered.then(|| Representations::new(mount, operations, &returns).ok());
        for (extension, media_type) in written.flatten().iter().flat_map(Representations::names) {
            let representation = Representation { extension, media_type };
            if !all.contains(&representation) {
                all.push(representation);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resource::{Mounted, Resource};

    #[wsgiservice_macros::mount("/ping", crate = crate)]
    struct Ping;

    #[wsgiservice_macros::resource(crate = crate)]
    impl Ping {
        fn get(&self) -> bool {
            true
        }
    }

    #[test]
    fn it_is_of_the_package_that_was_mounted_first() {
        let manners = Manners::default();
        let mount =
            |version| Mount { package: Package { version, ..Ping::MOUNT.package }, ..Ping::MOUNT };
        let mounts = [("/b", mount("2.0.0")), ("/a", mount("1.0.0"))];
        let described = mounts.each_ref().map(|(path, mount)| Described {
            path,
            mount,
            operations: &Ping::OPERATIONS,
            manners: &manners,
        });
        let documentation = Documentation::new("ping", &described);
        assert_eq!(documentation.version, "2.0.0");
        assert_eq!(documentation.resources.first().map(|it| it.path.as_str()), Some("/a"));
    }
}
