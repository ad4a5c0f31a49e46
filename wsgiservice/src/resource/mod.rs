//! What a resource is.

pub(crate) mod return_value;

use std::{any::Any, fmt, future::Future, pin::Pin};

use bytes::Bytes;

use crate::{
    answer::Outcome,
    declaration::{Mount, Operations},
    parameters::Arguments,
    problem::Problem,
};

/// What `#[mount]` implements: where a resource is, and what holds for all of its methods.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not mounted",
    label = "this resource has no path",
    note = "add `#[mount(\"/path\")]` to the struct"
)]
pub trait Mounted: Send + Sync + 'static {
    /// The struct's part of the descriptor.
    #[doc(hidden)]
    const MOUNT: Mount;

    /// What the compiler checks of a resource with generics, where it is mounted.
    #[doc(hidden)]
    const CHECKED: () = ();
}

/// A resource: a struct with `#[mount]`, whose impl has `#[resource]`.
///
/// The macros implement this trait; nobody else should. The resource's methods stay plain methods, which another
/// resource may call. Beside them, the impl may have hooks, which the framework asks before the method:
///
/// | hook | returns | asked |
/// |---|---|---|
/// | `authorize` | `Result<(), E>` | first: may this request be answered at all? |
/// | `exists` | `bool` | is there a representation, for `If-Match: *`? |
/// | `etag` | `Option<EntityTag>` | what is the entity tag of the resource? |
/// | `last_modified` | `Option<SystemTime>` | when was it modified last? |
///
/// Each may be `async`, and may return a `Result` of it.
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
    message = "`{Self}` has no methods",
    label = "this resource has no `#[resource]` impl",
    note = "add `#[resource]` to its impl: `#[resource] impl {Self} {{ … }}`"
)]
pub trait Resource: Mounted {
    /// The impl's part of the descriptor.
    #[doc(hidden)]
    const OPERATIONS: Operations;

    /// What the compiler checks of a resource with generics, where it is mounted.
    #[doc(hidden)]
    const CHECKED: () = ();

    /// Takes the arguments of an operation, and gives its call, not yet begun; nothing where one does not convert.
    #[doc(hidden)]
    fn bind<'a>(&'a self, operation: usize, arguments: &mut Arguments<'a>) -> Option<Call<'a>>;

    /// Writes a value in the resource's own representation at this position; nothing where it is of another type.
    #[doc(hidden)]
    fn represent(&self, position: usize, value: &dyn Any) -> Option<Bytes> {
        let _ = (position, value);
        None
    }
}

/// A call that has its arguments, and has not begun.
pub type Call<'a> = Pin<Box<dyn Future<Output = Result<Finding, Problem>> + Send + 'a>>;

/// What a method or a hook found.
#[derive(Debug)]
pub enum Finding {
    /// A method's answer.
    Outcome(Outcome),
    /// `authorize` let the request pass.
    Authorized,
    /// `exists` says so.
    Exists(bool),
    /// The resource's entity tag.
    Etag(Option<crate::EntityTag>),
    /// When the resource was modified last.
    LastModified(Option<std::time::SystemTime>),
}

/// What a hook found, out of what it may return.
#[diagnostic::on_unimplemented(
    message = "a hook cannot return `{Self}`",
    label = "wrong return type for this hook",
    note = "`authorize` returns `Result<(), E>`, `exists` returns `bool`, `etag` returns `Option<EntityTag>`, `last_modified` returns `Option<SystemTime>`; each may return a `Result` of it"
)]
pub trait Found<Hook> {
    /// The finding.
    fn found(self) -> Finding;
}

/// The hooks, as types.
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

impl Found<hook::Authorize> for () {
    fn found(self) -> Finding {
        Finding::Authorized
    }
}

impl Found<hook::Exists> for bool {
    fn found(self) -> Finding {
        Finding::Exists(self)
    }
}

impl Found<hook::Etag> for Option<crate::EntityTag> {
    fn found(self) -> Finding {
        Finding::Etag(self)
    }
}

impl Found<hook::LastModified> for Option<std::time::SystemTime> {
    fn found(self) -> Finding {
        Finding::LastModified(self)
    }
}

/// A resource whose type is forgotten: the one place where types are erased.
pub(crate) trait Erased: Send + Sync {
    fn bind<'a>(&'a self, operation: usize, arguments: &mut Arguments<'a>) -> Option<Call<'a>>;
}

impl<R: Resource> Erased for R {
    fn bind<'a>(&'a self, operation: usize, arguments: &mut Arguments<'a>) -> Option<Call<'a>> {
        Resource::bind(self, operation, arguments)
    }
}

impl fmt::Debug for dyn Erased {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Resource")
    }
}
