//! Who a request comes from, as `authorize` returned it.

use std::{any::Any, ops::Deref, sync::Arc};

use crate::declaration::PrincipalType;

/// What `authorize` returned, without its type.
pub(crate) type Principal = Arc<dyn Any + Send + Sync>;

/// What `authorize` returned, as an argument of methods and of the other hooks: who the request comes from.
///
/// ```
/// use wsgiservice::{Application, Authorized, Bearer, Problem, mount, resource, testing::Client};
///
/// struct User {
///     name: &'static str,
/// }
///
/// #[mount("/account")]
/// struct Account;
///
/// #[resource]
/// impl Account {
///     fn authorize(&self, login: Bearer) -> Result<User, Problem> {
///         match login.token().matches("secret") {
///             true => Ok(User { name: "Ada" }),
///             false => Err(Bearer::refused()),
///         }
///     }
///
///     fn get(&self, user: Authorized<User>) -> &'static str {
///         user.name
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("accounts").mount(Account));
/// assert_eq!(client.get("/account").bearer("secret").send().await.text(), r#""Ada""#);
/// assert_eq!(client.get("/account").bearer("wrong").send().await.status(), 401);
/// # }
/// ```
#[derive(Debug)]
pub struct Authorized<T>(Arc<T>);

impl<T: Send + Sync + 'static> Authorized<T> {
    pub(super) const TYPE: PrincipalType = PrincipalType::of::<T>();

    /// Creates it, for example to call the method of another resource.
    pub fn new(principal: T) -> Self {
        Self(Arc::new(principal))
    }

    /// Returns what `authorize` returned.
    #[must_use]
    pub fn into_inner(self) -> T
    where
        T: Clone,
    {
        Arc::unwrap_or_clone(self.0)
    }

    /// `None` if it has another type, which an application refuses when it is built.
    pub(super) fn of(principal: Option<&Principal>) -> Option<Self> {
        Arc::clone(principal?).downcast().ok().map(Self)
    }
}

impl<T> Clone for Authorized<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Deref for Authorized<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}
