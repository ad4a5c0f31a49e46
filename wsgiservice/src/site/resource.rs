//! A compiled resource.

use std::{any::TypeId, sync::Arc};

use http::{HeaderName, HeaderValue, Method, header};
use wsgiservice_grammar::path::Path;

use super::{
    Mounting, Policy, SiteOperation, SiteResponse, Vary, credentials::SiteCredentials, methods,
    operation, responses,
};
use crate::{
    declaration::{Hook, Mount, Operations, Package, PrincipalType, Representation as Own, Role},
    limits::Limits,
    parameters::compiled::CompiledParameter,
    representation::{Representation, Representations},
    resource::{authorize::Authorizer, erased::ErasedResource},
    routing::{Router, Variables},
};

/// A resource of a site.
#[derive(Debug)]
pub(crate) struct SiteResource {
    /// The type of the resource.
    pub(super) id: TypeId,
    pub(crate) resource: Arc<dyn ErasedResource>,
    pub(crate) allow: HeaderValue,
    /// Whether the entity tag is computed from what `get` returns.
    pub(crate) computes_etag: bool,
    pub(crate) policy: Arc<Policy>,
    /// The representations of a problem.
    pub(crate) problems: Representations,
    /// Whether its requests are authorized.
    pub(crate) is_restricted: bool,
    /// Whether it has the hook `admit`.
    pub(crate) may_respond_early: bool,
    /// What authorizes its requests, unless it has a hook of its own.
    pub(crate) authorizer: Option<Authorizer>,
    /// What it asks for, to authorize a request.
    pub(crate) credentials: SiteCredentials,
    /// The fields that a response depends on, if no method has them.
    pub(crate) vary: Vary,
    /// The position of the layers of the nested applications around it, if there are any.
    pub(crate) layers: Option<usize>,
    mount: Mount,
    path: Path,
    methods: Vec<SiteOperation>,
    hooks: Vec<SiteOperation>,
}

impl SiteResource {
    /// Compiles a resource.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn new(
        mounting: Mounting,
        policy: &Arc<Policy>,
        limits: &Limits,
    ) -> Result<Self, Vec<String>> {
        let Mounting { prefix, id, mount, operations: table, resource, layers, .. } = mounting;
        let policy = mounting.policy.unwrap_or_else(|| Arc::clone(policy));
        let limits = mounting.limits.as_deref().unwrap_or(limits);
        let path = format!("{prefix}{}", mount.path);
        let at = |error: String| format!("`{}` at `{path}`: {error}", mount.name);
        let path = Path::parse(&path).map_err(|error| vec![at(error.to_string())])?;
        let (operations, wrong) = compile(&mount, &path, &table, limits);
        if !wrong.is_empty() {
            return Err(wrong.into_iter().map(at).collect());
        }
        let (mut methods, hooks): (Vec<_>, Vec<_>) =
            operations.into_iter().partition(|operation| operation.method.is_some());
        let authorize = hooks.iter().find_map(SiteOperation::principal);
        let authorizer = mounting.authorizer.filter(|_| authorize.is_none());
        let principal = authorize.or_else(|| Some(authorizer.as_ref()?.principal));
        let wrong = wrong_authorization(methods.iter().chain(&hooks), principal);
        if !wrong.is_empty() {
            return Err(wrong.into_iter().map(at).collect());
        }
        let hook = hooks.iter().find(|hook| hook.role == Role::Hook(Hook::Authorize));
        let credentials = SiteCredentials::new(hook, authorizer.as_ref());
        let credentials = credentials.map_err(|wrong| vec![at(wrong)])?;
        let all = methods.iter().chain(&hooks);
        let wrong: Vec<_> = all.filter_map(|it| credentials.lacks_challenge(it)).collect();
        if !wrong.is_empty() {
            return Err(wrong.into_iter().map(at).collect());
        }
        let fields_of_hooks = hooks.iter().flat_map(SiteOperation::fields);
        let fields_of_hooks = fields_of_hooks.chain(authorizer.iter().flat_map(Authorizer::fields));
        let fields_of_hooks: Vec<_> = fields_of_hooks.chain(policy.vary()).collect();
        methods.iter_mut().for_each(|method| method.set_vary(&fields_of_hooks));
        if mount.denies_unknown {
            methods.iter_mut().for_each(|method| method.deny_unknown(&hooks));
        }
        let names = methods.iter().filter_map(|operation| operation.method.as_ref());
        let has_etag = hooks.iter().any(|hook| hook.role == Role::Hook(Hook::Etag));
        Ok(Self {
            id,
            resource,
            allow: methods::allow(names.map(Method::as_str)),
            computes_etag: mount.automatic_etag && !has_etag,
            vary: Vary::new(policy.vary().as_slice()),
            is_restricted: principal.is_some(),
            may_respond_early: hooks.iter().any(|hook| hook.role == Role::Hook(Hook::Admit)),
            authorizer,
            credentials,
            policy,
            problems: Representations::of_problems(mount.representations),
            layers,
            mount,
            path,
            methods,
            hooks,
        })
    }

    /// The name of its struct.
    pub(crate) fn name(&self) -> &'static str {
        self.mount.name
    }

    /// The documentation comment of its struct.
    pub(crate) fn documentation(&self) -> &'static str {
        self.mount.documentation.trim()
    }

    /// The package that defines it.
    pub(crate) fn package(&self) -> Package {
        self.mount.package
    }

    /// Its path template, with the prefix of the applications that it is nested in.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The names of the variables in its path.
    pub(crate) fn variables(&self) -> &'static [&'static str] {
        self.mount.variables
    }

    /// The names of what must not be shown, even if a client sends it in the query.
    pub(super) fn secret_names(&self) -> impl Iterator<Item = &'static str> {
        let all = self.methods.iter().chain(&self.hooks).flat_map(|it| it.parameters.iter());
        let secrets = all.filter(|parameter| parameter.is_secret).map(|parameter| parameter.key);
        secrets.chain(self.credentials.challenges.iter().filter_map(|it| it.name_of_key()))
    }

    /// The representations that its methods have, each once.
    pub(crate) fn representations(&self) -> Vec<&Representation> {
        let mut all: Vec<&Representation> = Vec::new();
        let represented = self.methods.iter().filter(|method| method.is_represented());
        for representation in represented.flat_map(|method| method.representations.iter()) {
            let is_same = |known: &&Representation| {
                (known.extension, known.media_type)
                    == (representation.extension, representation.media_type)
            };
            if !all.iter().any(is_same) {
                all.push(representation);
            }
        }
        all
    }

    /// The extensions of all representations, which are in the entity tags of its variants.
    pub(crate) fn extensions(&self) -> Vec<&'static str> {
        let all = self.methods.iter().flat_map(|method| method.representations.iter());
        let mut extensions: Vec<_> = all.map(|representation| representation.extension).collect();
        extensions.sort_unstable();
        extensions.dedup();
        extensions
    }

    /// The extensions that its targets can have: those of what its methods represent.
    fn target_extensions(&self) -> Vec<&'static str> {
        let mut extensions: Vec<_> = self.representations().iter().map(|it| it.extension).collect();
        extensions.sort_unstable();
        extensions.dedup();
        extensions
    }

    /// Whether the last variable of its path can have the text that it has in a target. If so, a target that ends like an
    /// extension has none.
    ///
    /// The method that a request asks for decides; if it is not implemented or does not take the variable, the first
    /// method or hook that takes it. A `get` that writes its content itself has nothing that an extension could select.
    pub(super) fn accepts(&self, method: &Method, variables: &Variables<'_>) -> bool {
        let requested = self.method(method);
        if requested.is_some_and(|get| get.is_get() && !get.is_represented()) {
            return true;
        }
        let text = |name| variables.decode(variables.named(name)?);
        let Some(name) = variables.last_name() else { return true };
        match (self.parameter_of(requested, name), text(name)) {
            (Some(parameter), Some(text)) => parameter.accepts(&text),
            (parameter, _) => parameter.is_none(),
        }
    }

    /// The parameter of a path variable, by this method if it takes it.
    fn parameter_of<'a>(
        &'a self,
        requested: Option<&'a SiteOperation>,
        name: &str,
    ) -> Option<&'a CompiledParameter> {
        let mut all = requested.into_iter().chain(&self.methods).chain(&self.hooks);
        all.find_map(|operation| operation.parameters.variable(name))
    }

    /// Whether an extension after the example of its last variable selects a representation, instead of being part of
    /// the value.
    pub(crate) fn has_extensions(&self) -> bool {
        let last = self.path.variables().last().filter(|_| !self.path.ends_literally());
        let Some(parameter) = last.and_then(|name| self.parameter_of(None, name)) else {
            return true;
        };
        let example = parameter.example.as_deref().unwrap_or("a");
        self.target_extensions()
            .iter()
            .all(|extension| !parameter.accepts(&format!("{example}.{extension}")))
    }

    pub(crate) fn methods(&self) -> &[SiteOperation] {
        &self.methods
    }

    pub(crate) fn hooks(&self) -> &[SiteOperation] {
        &self.hooks
    }

    /// The operation that responds to a method: that of `GET` also responds to `HEAD` (RFC 9110, section 9.3.2).
    pub(crate) fn method(&self, method: &Method) -> Option<&SiteOperation> {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        self.methods.iter().find(|operation| operation.method.as_ref() == Some(method))
    }

    pub(crate) fn hook(&self, hook: Hook) -> Option<&SiteOperation> {
        self.hooks.iter().find(|operation| operation.role == Role::Hook(hook))
    }

    /// Whether it has an entity tag.
    pub(crate) fn has_etag(&self) -> bool {
        self.computes_etag || self.hook(Hook::Etag).is_some()
    }

    /// The responses that a method can have, in the order of their statuses; that for any other status is the last.
    pub(crate) fn responses(&self, operation: &SiteOperation) -> Vec<SiteResponse> {
        responses::of(self, operation)
    }

    /// The responses to `OPTIONS`, which the framework responds to.
    pub(crate) fn options_responses(&self) -> Vec<SiteResponse> {
        responses::of_options(&self.options())
    }

    /// The fields of a response to `OPTIONS`.
    pub(crate) fn options(&self) -> Vec<(HeaderName, HeaderValue)> {
        let mut fields = vec![(header::ALLOW, self.allow.clone())];
        for (method, field) in
            [("PATCH", "accept-patch"), ("POST", "accept-post"), ("QUERY", "accept-query")]
        {
            let operation = self.methods.iter().find(|it| it.method_name() == method);
            let content = operation.map(|operation| operation.content);
            if let Some(content) = content.filter(|content| content.is_any()) {
                fields.push((HeaderName::from_static(field), content.accept()));
            }
        }
        fields
    }

    /// Adds it to the router, after these; returns the conflict with another resource, if there is one.
    pub(super) fn add_to(&self, router: &mut Router, before: &[Self]) -> Option<String> {
        let added = router.add(&self.path, self.target_extensions(), self.mount.ignored_paths);
        let other = added.err()?.and_then(|template| before.get(router.position(&template)?));
        let (name, path) = (self.name(), &self.path);
        Some(match other {
            Some(other) if other.name() == name && other.path == *path => {
                format!(
                    "`{name}` is mounted twice at `{path}`: remove one of the two, or mount it under another prefix"
                )
            }
            Some(other) => format!(
                "`{}` at `{}` and `{name}` at `{path}` match the same targets",
                other.name(),
                other.path
            ),
            None => format!("`{name}` at `{path}`: the router does not support the path"),
        })
    }
}

/// The operations of a resource, and everything that is wrong with them.
fn compile(
    mount: &Mount,
    path: &Path,
    table: &Operations,
    limits: &Limits,
) -> (Vec<SiteOperation>, Vec<String>) {
    let mut operations = Vec::new();
    let mut wrong = Vec::new();
    for (position, declaration) in table.operations.iter().enumerate() {
        match SiteOperation::new(position, mount, path, table, declaration, limits) {
            Ok(operation) => operations.push(operation),
            Err(errors) => wrong.extend(errors),
        }
    }
    if let Some(places) = mount.limits.concurrency.map(operation::places) {
        operations.iter_mut().for_each(|operation| operation.share_places(&places));
    }
    wrong.extend(unused_representations(mount, table));
    (operations, wrong)
}

/// What is wrong with who may use the resource, and with what operations take of that.
fn wrong_authorization<'a>(
    operations: impl Iterator<Item = &'a SiteOperation>,
    principal: Option<PrincipalType>,
) -> Vec<String> {
    let verdict = principal.filter(|principal| principal.is_verdict()).map(|principal| {
        format!(
            "`authorize` accepts a request whenever it returns `Ok`, so a `{principal}` in it decides nothing: return an \
             `Err` for what is refused"
        )
    });
    let mut wrong: Vec<String> = verdict.into_iter().collect();
    for operation in operations {
        let role = operation.role;
        let is_authorize = role == Role::Hook(Hook::Authorize);
        if !is_authorize && operation.credentials().next().is_some() {
            wrong.push(format!(
                "{role} takes credentials, which nothing has checked if an earlier stage ends the request: take them in \
                 `authorize`, and what it returns as an `Authorized<T>`"
            ));
        }
        if matches!(role, Role::Hook(_)) && operation.roles().next().is_some() {
            wrong.push(format!(
                "{role} cannot require a role, which a method does: let `authorize` refuse a request for all methods"
            ));
        }
        for taken in operation.taken_principals() {
            wrong.extend(match principal {
                _ if is_authorize => {
                    Some(format!("{role} cannot take an `Authorized<{taken}>`, which it returns"))
                }
                _ if taken == PrincipalType::of::<()>() => {
                    Some(format!("{role} takes an `Authorized<()>`, which has nothing in it"))
                }
                None => Some(format!(
                    "{role} takes an `Authorized<{taken}>`, but nothing authorizes it: add a hook `authorize`, or \
                     `Application::authorize`"
                )),
                Some(principal) if principal != taken => Some(format!(
                    "{role} takes an `Authorized<{taken}>`, but `authorize` returns `{principal}`"
                )),
                Some(_) => None,
            });
        }
    }
    wrong
}

/// The resource's own representations of types that no method returns.
fn unused_representations(mount: &Mount, table: &Operations) -> Vec<String> {
    let is_returned = |own: &Own| {
        let value = (own.value)();
        table.operations.iter().any(|operation| (operation.returns)().value == Some(value))
    };
    let unused = table.representations.iter().filter(|own| mount.valid && !is_returned(own));
    unused.map(|own| format!("no method returns what `{}` represents", own.extension)).collect()
}
