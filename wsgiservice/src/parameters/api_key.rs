//! Keys of clients, in a header field, a cookie or the query.

use std::future;

use super::{
    Argument, Arguments, Pending, Secret, argument_types::Whole, challenge::Challenge,
    compiled::CompiledParameter,
};
use crate::{declaration, problem::Problem};

/// The key of a client, as an argument of `authorize` or of a method.
///
/// `#[from]` says where it is: in a header field, a cookie or the query. Without it, a request gets a 401; an
/// `Option<ApiKey>` is `None` without it. The documentation shows the security scheme, and not a parameter. A key in the query
/// ends up in logs and histories, so prefer a header field.
///
/// The 401 has the challenge `ApiKey in="header", name="X-Api-Key"`. No authentication scheme is registered for keys, but a
/// 401 must have a challenge (RFC 9110, section 15.5.2), and a 403 would say that other credentials do not help.
///
/// ```
/// use wsgiservice::{ApiKey, Application, Authorized, Problem, mount, resource, testing::Client};
///
/// struct Customer(&'static str);
///
/// #[mount("/orders")]
/// struct Orders;
///
/// #[resource]
/// impl Orders {
///     fn authorize(&self, #[from(header = "X-Api-Key")] key: ApiKey) -> Result<Customer, Problem> {
///         if key.secret().matches("open sesame") { Ok(Customer("Ada")) } else { Err(key.refused()) }
///     }
///
///     fn get(&self, customer: Authorized<Customer>) -> &'static str {
///         customer.0
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("orders").mount(Orders));
/// let response = client.get("/orders").header("x-api-key", "open sesame").send().await;
/// assert_eq!(response.text(), r#""Ada""#);
/// let response = client.get("/orders").send().await;
/// assert_eq!(response.status(), 401);
/// assert_eq!(response.field("www-authenticate"), Some(r#"ApiKey in="header", name="X-Api-Key""#));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ApiKey {
    key: Secret<String>,
    challenge: Challenge,
}

impl ApiKey {
    /// Returns the key.
    #[must_use]
    pub fn secret(&self) -> &Secret<String> {
        &self.key
    }

    /// Creates the 401 for a key that is wrong, or no longer valid.
    #[must_use]
    pub fn refused(&self) -> Problem {
        unauthorized(self.challenge, "The key is not valid.")
    }
}

#[diagnostic::do_not_recommend]
impl<'a> Argument<'a, Whole> for ApiKey {
    const ARGUMENT: declaration::Argument = declaration::Argument::ApiKey;

    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Pending<'a, Self>> {
        let (found, challenge) = find(arguments, index)?;
        let missing = || unauthorized(challenge, "The request has no key.");
        Some(pending(found.and_then(|key| key.ok_or_else(missing))))
    }
}

#[diagnostic::do_not_recommend]
impl<'a> Argument<'a, Whole> for Option<ApiKey> {
    const ARGUMENT: declaration::Argument = declaration::Argument::ApiKey;

    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Pending<'a, Self>> {
        find(arguments, index).map(|(found, _)| pending(found))
    }
}

/// What was found. A problem is the response only when the call begins, so that violations are reported first.
fn pending<'a, T: Send + 'a>(found: Result<T, Problem>) -> Pending<'a, T> {
    match found {
        Ok(value) => Pending::Ready(value),
        Err(problem) => Pending::own(future::ready(Err(problem))),
    }
}

/// The key in a request, and the challenge for it. An empty key and several keys are wrong.
fn find(
    arguments: &mut Arguments<'_>,
    index: usize,
) -> Option<(Result<Option<ApiKey>, Problem>, Challenge)> {
    let parameter = arguments.parameters.parameter(index)?;
    let challenge = challenge(parameter);
    let (mut values, _) = arguments.values(parameter)?;
    let found = match (values.pop(), values.is_empty()) {
        (None, _) => Ok(None),
        (Some(key), true) if !key.is_empty() => {
            Ok(Some(ApiKey { key: Secret::new(key.into_owned()), challenge }))
        }
        _ => Err(unauthorized(challenge, "The key is malformed.")),
    };
    Some((found, challenge))
}

/// The challenge for the key that a parameter is.
pub(crate) fn challenge(parameter: &CompiledParameter) -> Challenge {
    Challenge::Key(parameter.source.place(), parameter.key)
}

fn unauthorized(challenge: Challenge, detail: &'static str) -> Problem {
    Problem::unauthorized(challenge.value()).detail(detail)
}
