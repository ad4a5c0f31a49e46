//! One resource of an application, prepared: what its requests will ask is looked up here, and computed once.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, Method, header};

use super::{deprecation, freshness::Lifetime, methods, mounting::Mounting, policy::Manners};
use crate::{
    content::{Use, Whole},
    declaration::{Argument, Mount, Operation, Parameter, Role},
    parameters::compiled::Parameters,
    representation::{self, Representations},
    resource::Erased,
    routing::Router,
};

/// A resource of an application.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) resource: Arc<dyn Erased>,
    pub(crate) allow: HeaderValue,
    pub(crate) automatic_etag: bool,
    pub(crate) manners: Manners,
    /// The representations of a problem.
    pub(crate) problems: Representations,
    /// The layers of nested applications that stand before it, if any.
    pub(crate) group: Option<usize>,
    name: &'static str,
    path: String,
    ignored_paths: Option<&'static [&'static str]>,
    methods: Vec<Prepared>,
    /// Few resources have any, and each request asks for some.
    hooks: Vec<Prepared>,
}

/// A method or a hook of a resource.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) position: usize,
    role: Role,
    /// The method, where it is none of the hooks.
    method: Option<Method>,
    pub(crate) plan: Parameters,
    pub(crate) representations: Representations,
    pub(crate) freshness: Option<Lifetime>,
    /// What clients are told where it is to go.
    pub(crate) deprecation: Vec<(HeaderName, HeaderValue)>,
    /// Whether the answer has content, and so is negotiated.
    pub(crate) is_represented: bool,
    /// Whether the answer is written by the method itself, and has no representation.
    pub(crate) is_verbatim: bool,
    pub(crate) content: Use,
    /// How much content it reads, in bytes, where it has a limit of its own.
    pub(crate) content_limit: Option<usize>,
}

impl Entry {
    /// Prepares a resource; all that is wrong with it, in words.
    pub(crate) fn new(mounting: Mounting, manners: Manners) -> Result<Self, Vec<String>> {
        let manners = mounting.manners.unwrap_or(manners);
        let path = mounting.path();
        let Mounting { mount, operations: table, resource, group, .. } = mounting;
        let mut operations = Vec::new();
        let mut wrong = Vec::new();
        for (position, operation) in table.operations.iter().enumerate() {
            match Prepared::new(position, &mount, &table, operation) {
                Ok(prepared) => operations.push(prepared),
                Err(errors) => wrong.extend(errors),
            }
        }
        wrong.extend(unused(&mount, &table));
        if !wrong.is_empty() {
            let at = format!("`{}` at `{path}`", mount.name);
            return Err(wrong.into_iter().map(|error| format!("{at}: {error}")).collect());
        }
        let (methods, hooks): (Vec<_>, Vec<_>) =
            operations.into_iter().partition(|operation| operation.method.is_some());
        let names = methods.iter().filter_map(|method| method.method.as_ref());
        let allow = methods::allow(names.map(Method::as_str));
        let automatic_etag =
            mount.automatic_etag && hooks.iter().all(|hook| hook.role != Role::Etag);
        Ok(Self {
            resource,
            allow,
            automatic_etag,
            manners,
            problems: Representations::of_problems(mount.representations),
            group,
            name: mount.name,
            path,
            ignored_paths: mount.ignored_paths,
            methods,
            hooks,
        })
    }

    /// Its path template, with the prefix under which it is nested.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The extensions of all its representations.
    pub(crate) fn extensions(&self) -> Vec<&'static str> {
        representation::extensions(self.methods.iter().map(|method| &method.representations))
    }

    /// Adds it to the router, after these; what it conflicts with, in words.
    pub(crate) fn add_to(&self, router: &mut Router, before: &[Self]) -> Option<String> {
        let conflict = router.add(&self.path, self.extensions(), self.ignored_paths).err()?;
        let other = conflict.and_then(|template| {
            let position = router.position(&template)?;
            before.get(position)
        });
        Some(match other {
            Some(other) => format!(
                "`{}` at `{}` and `{}` at `{}` match the same targets",
                other.name, other.path, self.name, self.path
            ),
            None => {
                format!("`{}` at `{}` is not a valid path", self.name, self.path)
            }
        })
    }

    pub(crate) fn method(&self, method: &Method) -> Option<&Prepared> {
        self.methods.iter().find(|prepared| prepared.method.as_ref() == Some(method))
    }

    pub(crate) fn hook(&self, role: Role) -> Option<&Prepared> {
        self.hooks.iter().find(|hook| hook.role == role)
    }

    /// The fields of an answer to `OPTIONS`.
    pub(crate) fn options(&self) -> Vec<(HeaderName, HeaderValue)> {
        let mut fields = vec![(header::ALLOW, self.allow.clone())];
        for (method, name) in [(Method::PATCH, "accept-patch"), (Method::POST, "accept-post")] {
            let content = self.method(&method).map(|operation| operation.content);
            if let Some(content) = content.filter(|content| content.is_any()) {
                fields.push((HeaderName::from_static(name), content.media_types()));
            }
        }
        fields
    }
}

impl Prepared {
    fn new(
        position: usize,
        mount: &Mount,
        table: &crate::declaration::Operations,
        operation: &Operation,
    ) -> Result<Self, Vec<String>> {
        let returns = (operation.returns)();
        let representations =
            Representations::new(mount, table, &returns).map_err(|error| vec![error])?;
        let plan = Parameters::new(mount, operation, operation.role.reads_content())?;
        let whole = whole(operation);
        let is_read = !matches!(whole, Whole::Stream | Whole::Form);
        let content = Use { whole, parameters: is_read && plan.are_in_content() };
        Ok(Self {
            position,
            role: operation.role,
            method: method(operation.role),
            plan,
            representations,
            freshness: operation.freshness.as_ref().map(Lifetime::new),
            deprecation: deprecation::fields(operation.deprecation),
            is_represented: returns.value.is_some(),
            is_verbatim: returns.verbatim,
            content,
            content_limit: operation.limits.content.or(mount.limits.content),
        })
    }
}

fn method(role: Role) -> Option<Method> {
    match role {
        Role::Method(name) => Method::from_bytes(name.as_bytes()).ok(),
        _ => None,
    }
}

fn whole(operation: &Operation) -> Whole {
    let whole = |parameter: &Parameter| match parameter.argument {
        Argument::Content { .. } => Some(Whole::Value),
        Argument::Bytes => Some(Whole::Bytes),
        Argument::Stream => Some(Whole::Stream),
        Argument::Form => Some(Whole::Form),
        _ => None,
    };
    operation.parameters.iter().find_map(whole).unwrap_or_default()
}

/// The resource's own representations of what no method returns.
fn unused(mount: &Mount, table: &crate::declaration::Operations) -> Vec<String> {
    let is_returned = |own: &crate::declaration::Representation| {
        let value = (own.value)();
        table.operations.iter().any(|operation| (operation.returns)().value == Some(value))
    };
    let unused = table.representations.iter().filter(|own| mount.valid && !is_returned(own));
    unused.map(|own| format!("no method returns what `{}` represents", own.extension)).collect()
}
