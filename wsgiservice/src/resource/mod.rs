//! Resources: the traits that the macros implement, and the hooks.

pub(crate) mod return_value;

use std::{any::Any, fmt, future::Future, pin::Pin, time::SystemTime};

use bytes::Bytes;

use crate::{
    answer::outcome::Outcome,
    declaration::{Mount, Operations},
    http::entity_tag::EntityTag,
    parameters::Arguments,
    problem::Problem,
};

/// The path of a resource and what applies to all of its methods; implemented by `#[mount]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no `#[mount]`",
    label = "this resource has no path",
    note = "add `#[mount(\"/path\")]` to the struct"
)]
pub trait Mounted: Send + Sync + 'static {
    /// The part of the declaration that is on the struct.
    #[doc(hidden)]
    const MOUNT: Mount;

    /// Checks of a generic resource, which the compiler evaluates where the resource is mounted.
    #[doc(hidden)]
    const CHECKED: () = ();
}

/// A resource: a struct with `#[mount]`, whose impl has `#[resource]`.
///
/// Do not implement this trait by hand. The methods of a resource stay plain methods, which other resources can call.
/// The impl can also have hooks, which the framework calls before the method:
///
/// | hook | returns | purpose |
/// |---|---|---|
/// | `authorize` | `Result<(), E>` | rejects unauthorized requests; called first |
/// | `exists` | `bool` | whether the resource has a representation, for `If-Match: *` and `If-None-Match: *` |
/// | `etag` | `Option<EntityTag>` | the entity tag of the resource |
/// | `last_modified` | `Option<SystemTime>` | the time of the last modification |
///
/// Each hook can be `async` and can return a `Result` of its type.
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
    note = "add `#[resource]` to its impl: `#[resource] impl {Self} {{ … }}`"
)]
pub trait Resource: Mounted {
    /// The part of the declaration that is on the impl.
    #[doc(hidden)]
    const OPERATIONS: Operations;

    /// Checks of a generic resource, which the compiler evaluates where the resource is mounted.
    #[doc(hidden)]
    const CHECKED: () = ();

    /// Takes the arguments of an operation and returns its call, which has not started; `None` if a conversion fails.
    #[doc(hidden)]
    fn bind<'a>(&'a self, operation: usize, arguments: &mut Arguments<'a>) -> Option<Call<'a>>;

    /// Writes a value in the resource's own representation at this position; `None` if the value has another type.
    #[doc(hidden)]
    fn represent(&self, position: usize, value: &dyn Any) -> Option<Bytes> {
        let _ = (position, value);
        None
    }
}

/// A call with its arguments, which has not started.
pub type Call<'a> = Pin<Box<dyn Future<Output = Result<CallOutput, Problem>> + Send + 'a>>;

/// The output of a method or a hook.
#[derive(Debug)]
pub enum CallOutput {
    /// Of a method.
    Outcome(Outcome),
    /// Of `authorize`, if it accepts the request.
    Authorized,
    /// Of `exists`.
    Exists(bool),
    /// Of `etag`.
    Etag(Option<EntityTag>),
    /// Of `last_modified`.
    LastModified(Option<SystemTime>),
}

/// The types that a hook can return, apart from a `Result` of them.
#[diagnostic::on_unimplemented(
    message = "this hook cannot return `{Self}`",
    label = "wrong return type for this hook",
    note = "`authorize` returns `Result<(), E>`, `exists` returns `bool`, `etag` returns `Option<EntityTag>`, `last_modified` returns `Option<SystemTime>`; each can return a `Result` of its type"
)]
pub trait HookReturn<Hook> {
    /// Converts it into the output of the call.
    fn into_output(self) -> CallOutput;
}

/// A type for each hook.
pub mod hook {
    /// `authorize`.
    #[derive(Debug)]
    pub struct Authorize;

    /// `exists`.
    #[derive(Debug)]
    pub struct Exists;

    /// `etag`.
    #[derive(Debug)]
    pub struct Etag;

    /// `last_modified`.
    #[derive(Debug)]
    pub struct LastModified;
}

impl HookReturn<hook::Authorize> for () {
    fn into_output(self) -> CallOutput {
        CallOutput::Authorized
    }
}

impl HookReturn<hook::Exists> for bool {
    fn into_output(self) -> CallOutput {
        CallOutput::Exists(self)
    }
}

impl HookReturn<hook::Etag> for Option<EntityTag> {
    fn into_output(self) -> CallOutput {
        CallOutput::Etag(self)
    }
}

impl HookReturn<hook::LastModified> for Option<SystemTime> {
    fn into_output(self) -> CallOutput {
        CallOutput::LastModified(self)
    }
}

/// A resource without its type. Types of resources are erased only here.
pub(crate) trait ErasedResource: Send + Sync {
    fn bind<'a>(&'a self, operation: usize, arguments: &mut Arguments<'a>) -> Option<Call<'a>>;
}

impl<R: Resource> ErasedResource for R {
    fn bind<'a>(&'a self, operation: usize, arguments: &mut Arguments<'a>) -> Option<Call<'a>> {
        Resource::bind(self, operation, arguments)
    }
}

impl fmt::Debug for dyn ErasedResource {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Resource")
    }
}
