//! Who a request comes from, as `authorize` returned it.

use std::{any::Any, fmt, marker::PhantomData, ops::Deref, sync::Arc};

use super::role::Anyone;

/// What `authorize` returned, without its type.
pub(crate) type Principal = Arc<dyn Any + Send + Sync>;

/// What `authorize` returned, as an argument of methods and of the other hooks: who the request comes from.
///
/// A method that requires a [`Role`](crate::Role) takes an `Authorized<User, Admin>`. A request without it gets a 403.
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
pub struct Authorized<T, R = Anyone> {
    principal: Arc<T>,
    role: PhantomData<fn() -> R>,
}

impl<T: Send + Sync + 'static, R> Authorized<T, R> {
    /// Creates it, for example to call the method of another resource.
    pub fn new(principal: T) -> Self {
        Self::shared(Arc::new(principal))
    }

    /// Returns what `authorize` returned.
    #[must_use]
    pub fn into_inner(self) -> T
    where
        T: Clone,
    {
        Arc::unwrap_or_clone(self.principal)
    }

    /// `None` if it has another type, which an application refuses when it is built. Its role was checked before.
    pub(super) fn of(principal: Option<&Principal>) -> Option<Self> {
        Arc::clone(principal?).downcast().ok().map(Self::shared)
    }

    fn shared(principal: Arc<T>) -> Self {
        Self { principal, role: PhantomData }
    }
}

impl<T, R> Clone for Authorized<T, R> {
    fn clone(&self) -> Self {
        Self { principal: Arc::clone(&self.principal), role: PhantomData }
    }
}

impl<T, R> Deref for Authorized<T, R> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.principal
    }
}

impl<T: fmt::Debug, R> fmt::Debug for Authorized<T, R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Authorized").field(&self.principal).finish()
    }
}
