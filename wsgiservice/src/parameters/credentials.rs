//! What an application accepts as a login: credentials of one kind or of several.

use std::future::Future;

use super::FromRequest;
use crate::{declaration::OwnArgument, http::incoming::Request, problem::Problem};

/// What a request logs in with: credentials of one kind, an `Option` of them, or a tuple of several.
///
/// Credentials are [`Basic`](crate::Basic), [`Bearer`](crate::Bearer), [`ApiKey<K>`](crate::ApiKey), and types of the
/// service with [`FromRequest::CHALLENGE`]. In a tuple, a request must have each that is not an `Option`. So a service that
/// accepts any of several takes an `Option` of each, and refuses a request that has none. The documentation shows them as
/// alternatives, and a 401 has the challenges of all.
///
/// ```
/// use wsgiservice::{
///     ApiKey, Application, Authorize, Authorized, Bearer, Problem, Request,
///     credentials::{KeyPlace, KeySource},
///     mount, resource,
///     testing::Client,
/// };
///
/// struct User(&'static str);
///
/// /// The cookie with the key of a session.
/// struct Session;
///
/// impl KeySource for Session {
///     const PLACE: KeyPlace = KeyPlace::Cookie;
///     const NAME: &'static str = "session";
/// }
///
/// struct Login;
///
/// impl Authorize for Login {
///     type Credentials = (Option<Bearer>, Option<ApiKey<Session>>);
///     type Principal = User;
///
///     async fn authorize(
///         &self,
///         (token, session): Self::Credentials,
///         _: &Request,
///     ) -> Result<User, Problem> {
///         match (token, session) {
///             (Some(token), _) if token.token().matches("a token") => Ok(User("Ada")),
///             (Some(_), _) => Err(Bearer::refused()),
///             (None, Some(session)) if session.secret().matches("a session") => Ok(User("Eve")),
///             (None, Some(session)) => Err(session.refused()),
///             (None, None) => Err(Problem::missing_credentials()),
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
///         user.0
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("accounts").mount(Account).authorize(Login));
/// let response = client.get("/account").cookie("session", "a session").send().await;
/// assert_eq!(response.text(), r#""Eve""#);
/// let response = client.get("/account").send().await;
/// let challenges = response.fields().get_all("www-authenticate").iter().collect::<Vec<_>>();
/// assert_eq!(challenges, [r#"Bearer realm="service""#, r#"ApiKey in="cookie", name="session""#]);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used as credentials",
    label = "not `FromRequest`, an `Option` of it, or a tuple of them",
    note = "take `Basic`, `Bearer`, `ApiKey<K>`, or a type with `impl wsgiservice::FromRequest`"
)]
pub trait Credentials: Sized + Send {
    /// Adds the credentials that it asks for.
    #[doc(hidden)]
    fn request(requested: &mut Vec<OwnArgument>);

    /// Reads them from a request.
    ///
    /// # Errors
    /// The response to the client, if they are missing or malformed.
    #[doc(hidden)]
    fn read(request: &Request) -> impl Future<Output = Result<Self, Problem>> + Send;
}

impl<T: FromRequest> Credentials for T {
    fn request(requested: &mut Vec<OwnArgument>) {
        const { assert!(T::PARAMETER.is_none(), "a parameter cannot be used as credentials") };
        requested.push(own::<T>(false));
    }

    async fn read(request: &Request) -> Result<Self, Problem> {
        T::from_request(request).await
    }
}

#[diagnostic::do_not_recommend]
impl<T: FromRequest> Credentials for Option<T> {
    fn request(requested: &mut Vec<OwnArgument>) {
        requested.push(own::<T>(true));
    }

    async fn read(request: &Request) -> Result<Self, Problem> {
        T::from_request_or_none(request).await
    }
}

/// What a type of the service declares.
pub(super) const fn own<T: FromRequest>(optional: bool) -> OwnArgument {
    OwnArgument { challenge: T::CHALLENGE, fields: T::FIELDS, optional }
}

/// Implements it for a tuple of these types.
macro_rules! tuple {
    ($($part:ident)*) => {
        #[diagnostic::do_not_recommend]
        impl<$($part: Credentials),*> Credentials for ($($part,)*) {
            fn request(requested: &mut Vec<OwnArgument>) {
                $($part::request(requested);)*
            }

            async fn read(request: &Request) -> Result<Self, Problem> {
                Ok(($($part::read(request).await?,)*))
            }
        }
    };
}

tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
