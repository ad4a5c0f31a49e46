//! Who may use an application, for all of its resources.

use std::{any::TypeId, fmt, future::Future, pin::Pin, sync::Arc};

use crate::{
    declaration::PrincipalType,
    http::incoming::Request,
    parameters::{FromRequest, authorized::Principal},
    problem::Problem,
};

/// Authorizes the requests of an application, for each resource without a hook `authorize` of its own.
///
/// [`Application::authorize`](crate::Application::authorize) takes it.
///
/// ```
/// use wsgiservice::{
///     Application, Authorize, Authorized, Bearer, Problem, Request, mount, resource, testing::Client,
/// };
///
/// struct Login;
///
/// struct User {
///     name: &'static str,
/// }
///
/// impl Authorize for Login {
///     type Credentials = Bearer;
///     type Principal = User;
///
///     async fn authorize(&self, login: Bearer, _: &Request) -> Result<User, Problem> {
///         match login.token().matches("secret") {
///             true => Ok(User { name: "Ada" }),
///             false => Err(Bearer::refused()),
///         }
///     }
/// }
///
/// #[mount("/account")]
/// struct Account;
///
/// #[resource]
/// impl Account {
///     fn get(&self, user: Authorized<User>) -> &'static str {
///         user.name
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("accounts").mount(Account).authorize(Login));
/// assert_eq!(client.get("/account").bearer("secret").send().await.text(), r#""Ada""#);
/// assert_eq!(client.get("/account").send().await.status(), 401);
/// # }
/// ```
pub trait Authorize: Send + Sync + 'static {
    /// What a request logs in with: [`Basic`](crate::Basic), [`Bearer`](crate::Bearer), or a type of the service.
    type Credentials: FromRequest;

    /// Who a request comes from, which methods take as [`Authorized`](crate::Authorized).
    type Principal: Send + Sync + 'static;

    /// Returns who a request comes from.
    ///
    /// # Errors
    /// Why the request is refused: a 401 if its credentials are wrong, or a 403 if they are not sufficient.
    fn authorize(
        &self,
        credentials: Self::Credentials,
        request: &Request,
    ) -> impl Future<Output = Result<Self::Principal, Problem>> + Send;
}

/// What `authorize` returned; `None` for `()`.
pub(crate) fn principal<T: Send + Sync + 'static>(value: T) -> Option<Principal> {
    let has_none = TypeId::of::<T>() == TypeId::of::<()>();
    (!has_none).then(|| Arc::new(value) as Principal)
}

/// The future of an authorization.
type Authorizing<'a> =
    Pin<Box<dyn Future<Output = Result<Option<Principal>, Problem>> + Send + 'a>>;

/// An [`Authorize`] without its type.
#[derive(Clone)]
pub(crate) struct Authorizer {
    pub(crate) principal: PrincipalType,
    pub(crate) challenge: Option<&'static str>,
    pub(crate) fields: &'static [&'static str],
    erased: Arc<dyn Erased>,
}

impl Authorizer {
    pub(crate) fn new<A: Authorize>(authorize: A) -> Self {
        Self {
            principal: PrincipalType::of::<A::Principal>(),
            challenge: A::Credentials::CHALLENGE,
            fields: A::Credentials::FIELDS,
            erased: Arc::new(authorize),
        }
    }

    /// Returns who a request comes from.
    ///
    /// # Errors
    /// Why the request is refused.
    pub(crate) async fn authorize(&self, request: &Request) -> Result<Option<Principal>, Problem> {
        self.erased.authorize(request).await
    }
}

impl fmt::Debug for Authorizer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Authorizer")
    }
}

trait Erased: Send + Sync {
    fn authorize<'a>(&'a self, request: &'a Request) -> Authorizing<'a>;
}

impl<A: Authorize> Erased for A {
    fn authorize<'a>(&'a self, request: &'a Request) -> Authorizing<'a> {
        Box::pin(async move {
            let credentials = A::Credentials::from_request(request).await?;
            Authorize::authorize(self, credentials, request).await.map(principal)
        })
    }
}
