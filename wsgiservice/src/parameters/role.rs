//! The roles that methods require of who a request comes from.

use std::any::Any;

use crate::declaration::RequiredRole;

/// A role that a method requires: it takes an [`Authorized<User, Admin>`](crate::Authorized).
///
/// It is checked as soon as `authorize` has returned, so that a request without it learns nothing else: it gets a 403, which the
/// documentation of the method has, too.
///
/// ```
/// use wsgiservice::{
///     Application, Authorized, Bearer, NoContent, Problem, Role, mount, resource, testing::Client,
/// };
///
/// struct User {
///     is_admin: bool,
/// }
///
/// /// Those who may delete.
/// struct Admin;
///
/// impl Role<User> for Admin {
///     const DETAIL: &'static str = "Only administrators may do this.";
///
///     fn is_held_by(user: &User) -> bool {
///         user.is_admin
///     }
/// }
///
/// #[mount("/news")]
/// struct News;
///
/// #[resource]
/// impl News {
///     fn authorize(&self, login: Bearer) -> Result<User, Problem> {
///         Ok(User { is_admin: login.token().matches("admin") })
///     }
///
///     fn get(&self) -> &'static str {
///         "nothing new"
///     }
///
///     fn delete(&self, admin: Authorized<User, Admin>) -> NoContent {
///         assert!(admin.is_admin);
///         NoContent
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("news").mount(News));
/// assert_eq!(client.delete("/news").bearer("admin").send().await.status(), 204);
/// let response = client.delete("/news").bearer("reader").send().await;
/// assert_eq!(response.status(), 403);
/// assert_eq!(response.json::<serde_json::Value>()["detail"], "Only administrators may do this.");
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a role of `{P}`",
    label = "not a `Role<{P}>`",
    note = "add `impl wsgiservice::Role<{P}> for {Self}`, whose `is_held_by` asks the `{P}`"
)]
pub trait Role<P>: 'static {
    /// The detail of the 403, and its description in the documentation.
    const DETAIL: &'static str = "The role that is required is missing.";

    /// Whether it is required, which is false only for [`Anyone`].
    #[doc(hidden)]
    const IS_REQUIRED: bool = true;

    /// Returns whether who a request comes from has the role.
    fn is_held_by(principal: &P) -> bool;
}

/// The role of everyone whom `authorize` accepts, which [`Authorized<T>`](crate::Authorized) has if it names no other.
#[derive(Debug)]
pub enum Anyone {}

impl<P> Role<P> for Anyone {
    const IS_REQUIRED: bool = false;

    fn is_held_by(_: &P) -> bool {
        true
    }
}

/// The role without its type; `None` if it is not required.
pub(super) const fn required<P: 'static, R: Role<P>>() -> Option<RequiredRole> {
    match R::IS_REQUIRED {
        true => Some(RequiredRole { detail: R::DETAIL, is_held_by: is_held_by::<P, R> }),
        false => None,
    }
}

fn is_held_by<P: 'static, R: Role<P>>(principal: &(dyn Any + Send + Sync)) -> bool {
    principal.downcast_ref().is_some_and(R::is_held_by)
}
