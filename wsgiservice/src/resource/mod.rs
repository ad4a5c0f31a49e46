//! Resources: the traits that the macros implement, and the hooks.

pub(crate) mod authorize;
pub(crate) mod erased;
pub(crate) mod principal;
pub(crate) mod return_value;
pub(crate) mod table;

use std::{any::Any, future::Future, pin::Pin, time::SystemTime};

use bytes::Bytes;

use self::erased::Erased;
use crate::{
    answer::{IntoAnswer, outcome::Outcome},
    declaration::{Mount, Operations, PrincipalType},
    http::entity_tag::EntityTag,
    parameters::{Arguments, authorized::Principal},
    problem::Problem,
};

/// The path of a resource and what applies to all of its methods; implemented by `#[mount]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `#[mount]`",
    label = "this resource has no path",
    note = "add `#[mount(\"/path\")]` to the struct"
)]
pub trait Mounted: 'static {
    /// The part of the declaration that is on the struct.
    #[doc(hidden)]
    const MOUNT: Mount;

    /// Checks of a generic resource, which the compiler evaluates where the resource is mounted.
    #[doc(hidden)]
    const CHECKED: () = ();

    /// Names the function `path`, which is then dead code only if the struct is: a service need not use it.
    #[doc(hidden)]
    fn path_is_used() {}
}

/// A resource: a struct with `#[mount]`, whose impl has `#[resource]`.
///
/// Do not implement this trait by hand. The methods of a resource stay plain methods, which other resources can call.
/// The impl can also have hooks, which the framework calls before the method:
///
/// | hook | returns | purpose |
/// |---|---|---|
/// | `authorize` | `Result<T, E>` | rejects unauthorized requests; called first. Methods and the other hooks can take what it returns, as an [`Authorized<T>`](crate::Authorized) |
/// | `admit` | `()` or `Option<http::Response>` | responds to a request before its preconditions are evaluated, such as one that was sent again with the same [`IdempotencyKey`](crate::IdempotencyKey), or refuses it |
/// | `exists` | `bool` | whether the resource has a representation, for `If-Match: *` and `If-None-Match: *` |
/// | `etag` | `Option<EntityTag>` | the entity tag of the resource |
/// | `last_modified` | `Option<SystemTime>` | the time of the last modification |
///
/// Each hook can be `async` and can return a `Result` of its type. Its arguments are path variables, parameters of the methods,
/// `&Request`, and types that are [`FromRequest`](crate::FromRequest), such as [`Basic`](crate::Basic) and [`Bearer`](crate::Bearer).
///
/// ```
/// use wsgiservice::{Application, mount, resource, testing::Client};
///
/// /// A greeting.
/// #[mount("/hello/{name}")]
/// struct Hello;
///
/// #[resource]
/// impl Hello {
///     /// Greet somebody.
///     fn get(&self, name: String) -> String {
///         format!("Hello, {name}!")
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("hello").mount(Hello));
/// assert_eq!(client.get("/hello/world").send().await.text(), r#""Hello, world!""#);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `#[resource]` impl",
    label = "this resource has no methods",
    note = "add `#[resource]` to its impl: `#[resource] impl {Self} {{ … }}`",
    note = "mount a value of the struct, which has the path and the methods: `.mount(Documents {{ … }})`"
)]
pub trait Resource: Sized + 'static {
    /// The part of the declaration that is on the struct. [`Mounted`] is not a supertrait, because the compiler would then report
    /// a missing `#[mount]` at each use of the resource.
    #[doc(hidden)]
    const MOUNT: &'static Mount;

    /// The part of the declaration that is on the impl.
    #[doc(hidden)]
    const OPERATIONS: Operations;

    /// Checks of a generic resource, which the compiler evaluates where the resource is mounted.
    #[doc(hidden)]
    const CHECKED: () = ();

    /// Takes the arguments of an operation and returns its call, which has not started; `None` if a conversion fails.
    ///
    /// For a resource that is not `Sync`, the bound keeps the compiler from reporting each call: a bound for all lifetimes is
    /// not checked where the trait is implemented.
    #[doc(hidden)]
    fn bind<'a>(&'a self, operation: usize, arguments: &mut Arguments<'a>) -> Option<Call<'a>>
    where
        for<'b> &'b Self: Send;

    /// Writes a value in the resource's own representation at this position; `None` if the value has another type.
    #[doc(hidden)]
    fn represent(&self, position: usize, value: &dyn Any) -> Option<Result<Bytes, Problem>> {
        let _ = (position, value);
        None
    }

    /// The resource without its type.
    #[doc(hidden)]
    fn erase(self) -> Erased;
}

/// A call with its arguments, which has not started.
pub type Call<'a> = Pin<Box<dyn Future<Output = Result<CallOutput, Problem>> + Send + 'a>>;

/// The output of a method or a hook.
#[derive(Debug)]
pub enum CallOutput {
    /// Of a method.
    Outcome(Outcome),
    /// Of `authorize`, if it accepts the request: who it comes from, unless that is `()`.
    Authorized(Option<Principal>),
    /// Of `admit`: the response, unless the request goes on.
    Admitted(Option<Box<Outcome>>),
    /// Of `exists`.
    Exists(bool),
    /// Of `etag`.
    Etag(Option<EntityTag>),
    /// Of `last_modified`.
    LastModified(Option<SystemTime>),
}

/// What the hook `authorize` returns.
#[diagnostic::on_unimplemented(
    message = "hook `authorize` cannot return `{Self}`",
    label = "expected a `Result`",
    note = "return `Result<(), E>`, or `Result<User, E>` so that methods can take an `Authorized<User>`"
)]
pub trait AuthorizeReturn<E> {
    /// Who a request comes from.
    #[doc(hidden)]
    type Principal;

    /// The same without its type.
    #[doc(hidden)]
    const PRINCIPAL: PrincipalType;

    /// Converts it into the output of the call.
    ///
    /// # Errors
    /// Why the request is refused.
    #[doc(hidden)]
    fn into_output(self, into_problem: fn(E) -> Problem) -> Result<CallOutput, Problem>;
}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync + 'static, E> AuthorizeReturn<E> for Result<T, E> {
    type Principal = T;

    const PRINCIPAL: PrincipalType = PrincipalType::of::<T>();

    fn into_output(self, into_problem: fn(E) -> Problem) -> Result<CallOutput, Problem> {
        let principal = self.map_err(into_problem)?;
        Ok(CallOutput::Authorized(authorize::principal(principal)))
    }
}

/// What the hook `admit` returns, apart from a `Result` of it.
#[diagnostic::on_unimplemented(
    message = "hook `admit` cannot return `{Self}`",
    label = "expected `()` or `Option<http::Response>`, or a `Result` of it"
)]
pub trait AdmitReturn {
    /// Converts it into the output of the call.
    #[doc(hidden)]
    fn into_output(self) -> CallOutput;
}

#[diagnostic::do_not_recommend]
impl AdmitReturn for () {
    fn into_output(self) -> CallOutput {
        CallOutput::Admitted(None)
    }
}

#[diagnostic::do_not_recommend]
impl<B> AdmitReturn for Option<http::Response<B>>
where
    http::Response<B>: IntoAnswer<Value = ()>,
{
    fn into_output(self) -> CallOutput {
        let outcome = |response| Box::new(IntoAnswer::into_parts(response).into_outcome());
        CallOutput::Admitted(self.map(outcome))
    }
}

/// What the hook `exists` returns, apart from a `Result` of it.
#[diagnostic::on_unimplemented(
    message = "hook `exists` cannot return `{Self}`",
    label = "expected `bool`, or a `Result` of it"
)]
pub trait ExistsReturn {
    /// Converts it into the output of the call.
    #[doc(hidden)]
    fn into_output(self) -> CallOutput;
}

#[diagnostic::do_not_recommend]
impl ExistsReturn for bool {
    fn into_output(self) -> CallOutput {
        CallOutput::Exists(self)
    }
}

/// What the hook `etag` returns, apart from a `Result` of it.
#[diagnostic::on_unimplemented(
    message = "hook `etag` cannot return `{Self}`",
    label = "expected `Option<EntityTag>`, or a `Result` of it",
    note = "write `Some(tag)`; `None` says that there is nothing, or that it has no tag"
)]
pub trait EtagReturn {
    /// Converts it into the output of the call.
    #[doc(hidden)]
    fn into_output(self) -> CallOutput;
}

#[diagnostic::do_not_recommend]
impl EtagReturn for Option<EntityTag> {
    fn into_output(self) -> CallOutput {
        CallOutput::Etag(self)
    }
}

/// What the hook `last_modified` returns, apart from a `Result` of it.
#[diagnostic::on_unimplemented(
    message = "hook `last_modified` cannot return `{Self}`",
    label = "expected `Option<SystemTime>`, or a `Result` of it",
    note = "write `Some(time)`; `None` says that there is nothing, or that its time is unknown"
)]
pub trait LastModifiedReturn {
    /// Converts it into the output of the call.
    #[doc(hidden)]
    fn into_output(self) -> CallOutput;
}

#[diagnostic::do_not_recommend]
impl LastModifiedReturn for Option<SystemTime> {
    fn into_output(self) -> CallOutput {
        CallOutput::LastModified(self)
    }
}
