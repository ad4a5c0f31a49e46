//! Arguments of types that a service defines.

use std::{fmt, future::Future, pin::Pin};

use super::{Parameter, ParseError};
use crate::{
    declaration::{Kind, TypeConstraint},
    http::{challenge::Challenge, incoming::Request},
    problem::Problem,
};

/// A type that is made from a request, so that methods and hooks can have it as an argument.
///
/// It is made when the call begins: after the parameters were checked and, for a method, after the content was read and the
/// preconditions were evaluated. So it cannot control access: credentials are arguments of `authorize`, which is called before
/// all that. A type whose value comes from one text is a [`Parameter`](trait@Parameter) instead, and is documented as such.
///
/// ```
/// use wsgiservice::{Application, FromRequest, Problem, Request, mount, resource, testing::Client};
///
/// /// The customer whose data a request is about.
/// struct Tenant(String);
///
/// impl FromRequest for Tenant {
///     const FIELDS: &'static [&'static str] = &["X-Tenant"];
///
///     async fn from_request(request: &Request) -> Result<Self, Problem> {
///         let tenant = request.fields().get("x-tenant").and_then(|name| name.to_str().ok());
///         let tenant = tenant.ok_or_else(|| Problem::bad_request("The field X-Tenant is missing."));
///         tenant.map(|name| Self(name.to_owned()))
///     }
/// }
///
/// #[mount("/orders")]
/// struct Orders;
///
/// #[resource]
/// impl Orders {
///     fn get(&self, tenant: Tenant) -> String {
///         format!("the orders of {}", tenant.0)
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("orders").mount(Orders));
/// let response = client.get("/orders").header("x-tenant", "ada").send().await;
/// assert_eq!(response.json::<String>(), "the orders of ada");
/// assert_eq!(client.get("/orders").send().await.status(), 400);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be made from a request",
    label = "not `FromRequest`",
    note = "add `impl wsgiservice::FromRequest for {Self}`, whose `from_request` reads the header fields"
)]
pub trait FromRequest: Sized + Send {
    /// The challenge of the 401 that it returns, if it is made of credentials. The documentation shows the security scheme, and
    /// only `authorize` can take it.
    const CHALLENGE: Option<Challenge> = None;

    /// The header fields that it reads, which a response then depends on: they are in its `Vary`.
    const FIELDS: &'static [&'static str] = &[];

    /// Makes it from a request.
    ///
    /// # Errors
    /// The response to the client, if the request does not have it.
    fn from_request(request: &Request) -> impl Future<Output = Result<Self, Problem>> + Send;

    /// Makes an `Option` of it: `None` if the request does not have it, and an error if it is wrong.
    ///
    /// By default, a request that does not have it gets the error.
    ///
    /// # Errors
    /// The response to the client, if the request has something else in its place.
    fn from_request_or_none(
        request: &Request,
    ) -> impl Future<Output = Result<Option<Self>, Problem>> + Send {
        async { Self::from_request(request).await.map(Some) }
    }

    /// The facts about a parameter, whose text is found and checked instead.
    #[doc(hidden)]
    const PARAMETER: Option<ParameterFacts> = None;

    /// Converts the text of a parameter.
    ///
    /// # Errors
    /// If the text is not such a value.
    #[doc(hidden)]
    fn parse_parameter(_: &str) -> Result<Self, ParseError> {
        Err(ParseError::new("It is not a parameter."))
    }
}

/// The facts about the type of a parameter.
#[derive(Debug)]
pub struct ParameterFacts {
    pub(super) kind: Kind,
    pub(super) is_secret: bool,
    pub(super) converts: fn(&str) -> bool,
    pub(super) constraint: &'static TypeConstraint,
}

/// Every parameter is one. So the compiler reports a type that implements both traits at its implementation, and not at each
/// argument.
#[diagnostic::do_not_recommend]
impl<T: Parameter> FromRequest for T {
    async fn from_request(_: &Request) -> Result<Self, Problem> {
        Err(Problem::internal("a parameter is found by its name"))
    }

    const PARAMETER: Option<ParameterFacts> = {
        let () = T::CHECKED;
        Some(ParameterFacts {
            kind: T::KIND.into_kind(),
            is_secret: T::IS_SECRET,
            converts: |text| T::parse(text).is_ok(),
            constraint: &T::CONSTRAINT,
        })
    };

    fn parse_parameter(text: &str) -> Result<Self, ParseError> {
        T::parse(text)
    }
}

/// An argument of a call that has not begun.
pub enum Pending<'a, T> {
    /// Its value.
    Ready(T),
    /// The future that makes it, of a type that implements [`FromRequest`].
    Future(Pin<Box<dyn Future<Output = Result<T, Problem>> + Send + 'a>>),
}

impl<T> fmt::Debug for Pending<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Pending")
    }
}

impl<'a, T> Pending<'a, T> {
    pub(super) fn future(future: impl Future<Output = Result<T, Problem>> + Send + 'a) -> Self {
        Self::Future(Box::pin(future))
    }
}

/// Awaits the arguments of these names that are futures, in generated code.
///
/// An expression, and not a function, because a future of its own would cost each argument of each request.
#[doc(hidden)]
#[macro_export]
macro_rules! __resolved {
    ($($name:ident)*) => {$(
        let $name = match $name {
            $crate::__private::Pending::Ready(value) => value,
            $crate::__private::Pending::Future(future) => match future.await {
                $crate::__private::Ok(value) => value,
                $crate::__private::Err(problem) => return $crate::__private::Err(problem),
            },
        };
    )*};
}
