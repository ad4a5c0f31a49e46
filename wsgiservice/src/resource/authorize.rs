//! Who may use an application, for all of its resources.

use std::{any::TypeId, fmt, future::Future, pin::Pin, sync::Arc};

use crate::{
    declaration::{OwnArgument, PrincipalType},
    http::incoming::Request,
    parameters::{Credentials, authorized::Principal},
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
    /// What a request logs in with: [`Basic`](crate::Basic), [`Bearer`](crate::Bearer), [`ApiKey<K>`](crate::ApiKey), a type of
    /// the service, an `Option` of one of them, or several in a tuple. [`Credentials`] has an example.
    type Credentials: Credentials;

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
    /// What it takes.
    pub(crate) credentials: Vec<OwnArgument>,
    erased: Arc<dyn Erased>,
}

impl Authorizer {
    pub(crate) fn new<A: Authorize>(authorize: A) -> Self {
        let mut credentials = Vec::new();
        A::Credentials::request(&mut credentials);
        Self {
            principal: PrincipalType::of::<A::Principal>(),
            credentials,
            erased: Arc::new(authorize),
        }
    }

    /// The header fields that it reads.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &'static str> {
        self.credentials.iter().flat_map(|it| it.fields.iter().copied())
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
            let credentials = A::Credentials::read(request).await?;
            Authorize::authorize(self, credentials, request).await.map(principal)
        })
    }
}
