//! A compiled method or hook.

use std::{sync::Arc, time::Duration};

use http::{HeaderName, HeaderValue, Method, StatusCode};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wsgiservice_grammar::path::Path;

use super::{COUNT, Lifetime, START, Vary, content_schema::ContentSchema, deprecation};
use crate::{
    content::{ContentUse, Patience, WholeContent},
    declaration::{
        Argument, Deprecation, Failure, From, Kind, KnownFailures, Mount, Operation, Operations,
        Parameter, PrincipalType, RequiredRole, Returns, Role, SchemaOf,
    },
    http::challenge::Challenge,
    limits::Limits,
    parameters::{
        accepted_names::AcceptedNames,
        api_key,
        authorized::Principal,
        compiled::{CompiledParameter, Parameters},
        source::Source,
    },
    problem::Problem,
    representation::Representations,
};

/// When a client should try again, if all places are taken.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A method or a hook of a resource.
#[derive(Debug)]
pub(crate) struct SiteOperation {
    pub(crate) position: usize,
    pub(crate) role: Role,
    /// The method, unless it is a hook.
    pub(crate) method: Option<Method>,
    pub(crate) parameters: Parameters,
    pub(crate) representations: Representations,
    /// The media type of all its responses, if it writes their content itself and declares that.
    pub(crate) produced: Option<Representations>,
    /// What the functions of the resource that represent its value return.
    own_representations: Vec<Returns>,
    pub(crate) freshness: Option<Lifetime>,
    /// `Vary` of its responses.
    pub(crate) vary: Vary,
    /// `Deprecation` and `Sunset`, if the method is deprecated.
    pub(crate) deprecation_fields: Vec<(HeaderName, HeaderValue)>,
    pub(crate) content: ContentUse,
    /// What a request to it may use.
    pub(crate) limits: Limits,
    /// How long it waits for its content.
    pub(crate) patience: Patience,
    /// How long it may take, in milliseconds; not 0.
    pub(crate) time: u64,
    /// The requests that may be in progress, if there is a limit.
    places: Option<Arc<Semaphore>>,
    /// The names that a client may send, if others are violations.
    pub(crate) accepted_names: Option<AcceptedNames>,
    pub(crate) returns: Returns,
    declaration: &'static Operation,
}

impl SiteOperation {
    /// Compiles a method or a hook.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn new(
        position: usize,
        mount: &Mount,
        path: &Path,
        table: &Operations,
        declaration: &'static Operation,
        limits: &Limits,
    ) -> Result<Self, Vec<String>> {
        let returns = (declaration.returns)();
        let representations = match declaration.role {
            Role::Method(_) => Representations::new(mount, table, &returns),
            // Nobody sees what a hook returns.
            Role::Hook(_) => Ok(Representations::none()),
        };
        let representations = representations.map_err(|error| vec![error])?;
        let produced = returns.media_type.map(Representations::of_media_type).transpose();
        let produced = produced.map_err(|error| vec![error])?;
        let own_representations = table.representations.iter();
        let own_representations = own_representations
            .filter(|own| returns.value == Some((own.value)()))
            .map(|own| (own.returns)())
            .collect();
        let whole = whole(declaration);
        let reads_members = declaration.role.reads_content()
            && !matches!(whole, WholeContent::Stream | WholeContent::Form);
        let own_limits = declaration.limits.or(mount.limits);
        let limits = Limits {
            content: own_limits.content.unwrap_or(limits.content),
            elements: own_limits.elements.unwrap_or(limits.elements),
            ..limits.clone()
        };
        let parameters = Parameters::new(mount, path, declaration, reads_members, limits.elements)?;
        if returns.is_page && ![START, COUNT].into_iter().all(|name| counts(&parameters, name)) {
            let role = declaration.role;
            return Err(vec![format!(
                "{role} returns a `Page`, whose links need the arguments `start` and `count`: add both, as whole numbers, for \
                 example `#[validate(default = 0)] start: u32`"
            )]);
        }
        let needs_file = parameters.iter().any(|it| it.is_file && it.is_required());
        let schema = content_schema(declaration).map(ContentSchema::new);
        let content = ContentUse {
            whole,
            parameters: parameters.are_in_content(),
            needs_file,
            has_structure: schema.as_ref().is_some_and(|schema| !schema.fits_form()),
            merge_patch: declaration.role == Role::Method("PATCH")
                && schema.is_some_and(|schema| schema.is_merge_patch()),
        };
        Ok(Self {
            position,
            role: declaration.role,
            method: method(declaration.role),
            parameters,
            representations,
            produced,
            own_representations,
            freshness: declaration.freshness.as_ref().map(Lifetime::new),
            vary: Vary::new(&[]),
            deprecation_fields: deprecation::fields(declaration.deprecation),
            content,
            patience: Patience {
                pause: limits.content_pause,
                time: limits.content_time.max(own_limits.time.unwrap_or_default()),
            },
            time: millis(own_limits.time.unwrap_or(limits.time)),
            places: declaration.limits.concurrency.map(places),
            limits,
            accepted_names: None,
            returns,
            declaration,
        })
    }

    /// The name of the method; empty for a hook.
    pub(crate) fn method_name(&self) -> &'static str {
        match self.role {
            Role::Method(name) => name,
            Role::Hook(_) => "",
        }
    }

    /// Its documentation comment.
    pub(crate) fn documentation(&self) -> &'static str {
        self.declaration.documentation.trim()
    }

    /// Its deprecation, if it is deprecated.
    pub(crate) fn deprecation(&self) -> Option<Deprecation> {
        self.declaration.deprecation
    }

    /// The value of `Cache-Control`, if it declares its freshness.
    pub(crate) fn cache_control(&self) -> Option<&'static str> {
        self.declaration.freshness.map(|freshness| freshness.cache_control)
    }

    /// Sets the header fields that its responses depend on: those that it declares, and those that it or a hook takes.
    pub(super) fn set_vary(&mut self, fields_of_hooks: &[&'static str]) {
        let declared = self.declaration.freshness.map_or(&[][..], |freshness| freshness.vary);
        let own = declared.iter().copied().chain(self.fields());
        self.vary = Vary::new(&own.chain(fields_of_hooks.iter().copied()).collect::<Vec<_>>());
    }

    /// Makes it a violation to send what neither it nor a hook takes.
    pub(super) fn deny_unknown(&mut self, hooks: &[Self]) {
        let reads_members = self.content.parameters && !self.content.is_whole();
        let all = [&*self].into_iter().chain(hooks).map(|operation| &operation.parameters);
        self.accepted_names = Some(AcceptedNames::new(all, reads_members));
    }

    /// The header fields that its arguments are from.
    pub(super) fn fields(&self) -> impl Iterator<Item = &'static str> {
        self.declaration.parameters.iter().flat_map(|parameter| {
            let named = match parameter.from {
                From::Header(name) => Some(name),
                From::Cookie(_) => Some("Cookie"),
                From::Name | From::Path(_) | From::Query(_) | From::Content(_) => None,
            };
            let own = match parameter.argument {
                Argument::Own(own) => own.fields,
                _ => &[],
            };
            named.into_iter().chain(own.iter().copied())
        })
    }

    /// Whether the service makes an argument itself, which can fail with any problem.
    fn has_own_arguments(&self) -> bool {
        self.declaration.parameters.iter().any(|it| matches!(it.argument, Argument::Own(_)))
    }

    /// The challenges of its credentials, in the order of its arguments, and whether each is required.
    pub(super) fn credentials(&self) -> impl Iterator<Item = (Challenge, bool)> {
        let all = self.declaration.parameters.iter().zip(self.parameters.iter());
        all.filter_map(|(declared, compiled)| match declared.argument {
            Argument::Own(own) => Some((own.challenge?, !own.optional)),
            Argument::ApiKey { optional } => Some((api_key::challenge(compiled)?, !optional)),
            _ => None,
        })
    }

    /// Who a request comes from, if it is `authorize`.
    pub(super) fn principal(&self) -> Option<PrincipalType> {
        self.declaration.principal
    }

    /// The types of what `authorize` returned that it takes.
    pub(super) fn taken_principals(&self) -> impl Iterator<Item = PrincipalType> {
        self.declaration.parameters.iter().filter_map(|parameter| match parameter.argument {
            Argument::Authorized { principal, .. } => Some(principal),
            _ => None,
        })
    }

    /// The roles that it requires.
    pub(crate) fn roles(&self) -> impl Iterator<Item = RequiredRole> {
        self.declaration.parameters.iter().filter_map(|parameter| match parameter.argument {
            Argument::Authorized { role, .. } => role,
            _ => None,
        })
    }

    /// Checks that who a request comes from has the roles that it requires.
    ///
    /// # Errors
    /// A 403 if a role is missing.
    pub(crate) fn check_roles(&self, principal: Option<&Principal>) -> Result<(), Problem> {
        let is_held = |role: &RequiredRole| principal.is_some_and(|it| (role.is_held_by)(&**it));
        let missing = self.roles().find(|role| !is_held(role));
        missing.map_or(Ok(()), |role| Err(Problem::forbidden().detail(role.detail)))
    }

    /// Whether its responses have content that is negotiated.
    pub(crate) fn is_represented(&self) -> bool {
        self.returns.value.is_some()
    }

    /// Whether `Accept` decides about its responses.
    pub(crate) fn is_negotiated(&self) -> bool {
        self.is_represented() || self.produced.is_some()
    }

    /// Whether it writes the content of its responses itself, so that there is only one variant of them.
    pub(crate) fn is_verbatim(&self) -> bool {
        self.returns.verbatim
    }

    pub(crate) fn is_get(&self) -> bool {
        self.method == Some(Method::GET)
    }

    pub(crate) fn is_delete(&self) -> bool {
        self.method == Some(Method::DELETE)
    }

    /// Whether its success leaves a new state behind, which a response can describe (RFC 9110, section 8.8).
    pub(crate) fn leaves_new_state(&self) -> bool {
        matches!(self.method, Some(Method::PUT | Method::PATCH | Method::POST))
    }

    /// Whether a false precondition keeps the method from being called.
    ///
    /// It does not if the response would not be a success without it (RFC 9110, section 13.2.1). Only `get` can be called
    /// to find out, and a method that merely sends the client elsewhere with the same request.
    pub(crate) fn heeds_preconditions(&self) -> bool {
        let statuses = self.returns.statuses;
        let only_redirects = statuses.iter().all(|status| [301, 307, 308].contains(status));
        !(self.is_get() || only_redirects && !statuses.is_empty())
    }

    /// Makes it share the places of its resource, unless it has its own.
    pub(super) fn share_places(&mut self, places: &Arc<Semaphore>) {
        self.places.get_or_insert_with(|| Arc::clone(places));
    }

    /// Whether there is a limit to its requests in progress.
    pub(crate) fn limits_concurrency(&self) -> bool {
        self.places.is_some()
    }

    /// Takes a place for one request, if there is a limit to those in progress.
    ///
    /// # Errors
    /// A 503 if all places are taken.
    pub(crate) fn enter(&self, place: &mut Option<OwnedSemaphorePermit>) -> Result<(), Problem> {
        let Some(places) = &self.places else { return Ok(()) };
        let taken = Arc::clone(places).try_acquire_owned();
        *place = Some(taken.map_err(|_| Problem::service_unavailable(RETRY_AFTER))?);
        Ok(())
    }

    /// The problems that its error can become, as far as they are known.
    pub(crate) fn failures(&self) -> Vec<&'static Failure> {
        self.all_returned().filter_map(|it| it.failures).flat_map(KnownFailures::all).collect()
    }

    /// What it returns, and what represents that returns.
    fn all_returned(&self) -> impl Iterator<Item = &Returns> {
        [&self.returns].into_iter().chain(&self.own_representations)
    }

    /// Whether it can fail with problems that are not known.
    pub(crate) fn fails_openly(&self) -> bool {
        let is_open = |it: &Returns| it.fails && it.failures.is_none_or(KnownFailures::are_open);
        self.has_own_arguments() || self.all_returned().any(is_open)
    }

    /// Whether it can wait, so that its time can be over.
    pub(crate) fn is_async(&self) -> bool {
        self.declaration.is_async
    }

    /// Whether it can respond with a problem of this status.
    pub(crate) fn can_fail_with(&self, status: StatusCode) -> bool {
        let returns = &self.returns;
        let is_known = |failures: KnownFailures| {
            let mut all = failures.all().into_iter();
            failures.are_open() || all.any(|failure| failure.status == status.as_u16())
        };
        self.writes_response()
            || returns.optional && status == StatusCode::NOT_FOUND
            || returns.fails && returns.failures.is_none_or(is_known)
    }

    /// Whether the method returns a whole response, whose status and content are unknown.
    pub(crate) fn writes_response(&self) -> bool {
        self.is_verbatim() && self.returns.statuses == [200] && self.produced.is_none()
    }

    /// The parameters that a client sends by name.
    pub(crate) fn named_parameters(&self) -> impl Iterator<Item = &CompiledParameter> {
        self.parameters.iter().filter(|parameter| parameter.is_named())
    }

    /// Whether the request must have content.
    pub(crate) fn requires_content(&self) -> bool {
        let requires = |parameter: &Parameter| match parameter.argument {
            Argument::Content { optional } => !optional,
            Argument::Form => true,
            _ => false,
        };
        self.declaration.parameters.iter().any(requires)
    }

    /// Whether it takes the content as a deserialised value.
    pub(crate) fn takes_value(&self) -> bool {
        self.content.whole == WholeContent::Value && !self.content.needs_file
    }

    /// What is documented of the content as a whole.
    pub(crate) fn content_documentation(&self) -> Option<&'static str> {
        let whole = self.declaration.parameters.iter().find(|it| is_whole(it))?;
        whole.constraint.documentation.map(str::trim)
    }

    /// The schema of the content as a whole, if its type has one.
    pub(crate) fn content_schema(&self) -> Option<SchemaOf> {
        content_schema(self.declaration)
    }
}

/// Whether a parameter of this name is a whole number in the query.
fn counts(parameters: &Parameters, name: &str) -> bool {
    parameters.iter().any(|it| {
        it.name == name
            && matches!(it.kind, Some(Kind::Integer { .. }))
            && matches!(it.source, Source::Query | Source::QueryOrContent)
    })
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// Places for as many requests.
pub(super) fn places(count: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)))
}

fn content_schema(operation: &Operation) -> Option<SchemaOf> {
    let whole = operation.parameters.iter().find(|it| is_whole(it))?;
    (whole.content)().schema
}

fn method(role: Role) -> Option<Method> {
    match role {
        Role::Method(name) => Method::from_bytes(name.as_bytes()).ok(),
        Role::Hook(_) => None,
    }
}

fn is_whole(parameter: &Parameter) -> bool {
    whole_of(parameter).is_some()
}

fn whole(operation: &Operation) -> WholeContent {
    operation.parameters.iter().find_map(whole_of).unwrap_or_default()
}

fn whole_of(parameter: &Parameter) -> Option<WholeContent> {
    match parameter.argument {
        Argument::Content { .. } => Some(WholeContent::Value),
        Argument::Bytes => Some(WholeContent::Bytes),
        Argument::Stream => Some(WholeContent::Stream),
        Argument::Form => Some(WholeContent::Form),
        _ => None,
    }
}
