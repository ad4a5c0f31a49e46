//! Keys of clients, in a header field, a cookie or the query.

use std::{borrow::Cow, fmt, future, marker::PhantomData};

use http::header;

use super::{
    Argument, Arguments, FromRequest, Pending, Secret, argument_types::Whole,
    compiled::CompiledParameter, source::Source,
};
use crate::{
    declaration,
    http::{
        challenge::{Challenge, ChallengeKind, KeyPlace},
        cookies,
        incoming::Request,
        urlencoded,
    },
    problem::Problem,
};

/// The key of a client, as an argument of `authorize` or of a method.
///
/// `#[from]` says where it is: in a header field, a cookie or the query. What several resources or an application take is an
/// `ApiKey<K>`, where `K` says that as a [`KeySource`]. Without the key, a request gets a 401; an `Option<ApiKey>` is `None` without
/// it. The documentation shows the security scheme, and not a parameter. A key in the query
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
pub struct ApiKey<K = FromAttribute> {
    key: Secret<String>,
    challenge: Challenge,
    source: PhantomData<fn() -> K>,
}

/// Where a key is, for an [`ApiKey<K>`](ApiKey) that needs no `#[from]`.
///
/// [`Credentials`](crate::credentials::Credentials) has an example.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say where a key is",
    label = "not a `KeySource`",
    note = "add `impl wsgiservice::credentials::KeySource for {Self}`"
)]
pub trait KeySource: 'static {
    /// Whether it is in a header field, a cookie or the query.
    const PLACE: KeyPlace;

    /// The name of the header field, of the cookie or in the query.
    const NAME: &'static str;
}

/// The source of an [`ApiKey`] whose `#[from]` says where it is.
#[derive(Debug)]
pub enum FromAttribute {}

impl<K> ApiKey<K> {
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

    /// The key in a request. An empty key and several keys are wrong.
    fn find(request: &Request, challenge: Challenge) -> Result<Option<Self>, Problem> {
        let ChallengeKind::Key(place, name) = challenge.kind() else { return Ok(None) };
        let mut values = values(request, place, name);
        match (values.pop(), values.is_empty()) {
            (None, _) => Ok(None),
            (Some(key), true) if !key.is_empty() => {
                let key = String::from_utf8(key.into_owned()).map_err(|_| malformed(challenge))?;
                Ok(Some(Self { key: Secret::new(key), challenge, source: PhantomData }))
            }
            _ => Err(malformed(challenge)),
        }
    }
}

impl<K> Clone for ApiKey<K> {
    fn clone(&self) -> Self {
        Self { key: self.key.clone(), challenge: self.challenge, source: PhantomData }
    }
}

impl<K> fmt::Debug for ApiKey<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ApiKey")
            .field("key", &self.key)
            .field("challenge", &self.challenge)
            .finish_non_exhaustive()
    }
}

/// Constants of a source.
struct Facts<K>(PhantomData<K>);

impl<K: KeySource> Facts<K> {
    const CHALLENGE: Challenge = Challenge::key(K::PLACE, K::NAME);
    const NAMES: &'static [&'static str] = &[K::NAME];
}

impl<K: KeySource> FromRequest for ApiKey<K> {
    const CHALLENGE: Option<Challenge> = Some(Facts::<K>::CHALLENGE);
    const FIELDS: &'static [&'static str] = match K::PLACE {
        KeyPlace::Header => Facts::<K>::NAMES,
        KeyPlace::Cookie => &["Cookie"],
        KeyPlace::Query => &[],
    };

    async fn from_request(request: &Request) -> Result<Self, Problem> {
        let found = Self::find(request, Facts::<K>::CHALLENGE)?;
        found.ok_or_else(|| missing(Facts::<K>::CHALLENGE))
    }

    async fn from_request_or_none(request: &Request) -> Result<Option<Self>, Problem> {
        Self::find(request, Facts::<K>::CHALLENGE)
    }
}

#[diagnostic::do_not_recommend]
impl<'a> Argument<'a, Whole> for ApiKey {
    const ARGUMENT: declaration::Argument = declaration::Argument::ApiKey { optional: false };

    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Pending<'a, Self>> {
        let challenge = challenge(arguments.parameters.parameter(index)?)?;
        let found = Self::find(arguments.request, challenge);
        Some(pending(found.and_then(|key| key.ok_or_else(|| missing(challenge)))))
    }
}

#[diagnostic::do_not_recommend]
impl<'a> Argument<'a, Whole> for Option<ApiKey> {
    const ARGUMENT: declaration::Argument = declaration::Argument::ApiKey { optional: true };

    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Pending<'a, Self>> {
        let challenge = challenge(arguments.parameters.parameter(index)?)?;
        Some(pending(ApiKey::find(arguments.request, challenge)))
    }
}

/// What was found. A problem is the response only when the call begins, so that violations are reported first.
fn pending<'a, T: Send + 'a>(found: Result<T, Problem>) -> Pending<'a, T> {
    match found {
        Ok(value) => Pending::Ready(value),
        Err(problem) => Pending::future(future::ready(Err(problem))),
    }
}

/// At most two of the values with this name, since several are as wrong as two.
fn values<'a>(request: &'a Request, place: KeyPlace, name: &str) -> Vec<Cow<'a, [u8]>> {
    let lines = |name| request.fields().get_all(name).iter().map(http::HeaderValue::as_bytes);
    match place {
        KeyPlace::Header => match http::HeaderName::from_bytes(name.as_bytes()) {
            Ok(name) => lines(name).map(Cow::Borrowed).take(2).collect(),
            Err(_) => Vec::new(),
        },
        KeyPlace::Cookie => {
            let lines = lines(header::COOKIE).filter_map(|line| std::str::from_utf8(line).ok());
            let named = lines.flat_map(cookies::pairs).filter(|(cookie, _)| *cookie == name);
            named.map(|(_, value)| Cow::Borrowed(value.as_bytes())).take(2).collect()
        }
        KeyPlace::Query => {
            let query = request.target().query().unwrap_or_default();
            let named = urlencoded::pairs(query.as_bytes()).filter(|(key, _)| key == name);
            named.map(|(_, value)| value).take(2).collect()
        }
    }
}

/// The challenge for the key that a parameter is.
pub(crate) fn challenge(parameter: &CompiledParameter) -> Option<Challenge> {
    let place = match parameter.source {
        Source::Header(_) => KeyPlace::Header,
        Source::Cookie => KeyPlace::Cookie,
        Source::Query => KeyPlace::Query,
        _ => return None,
    };
    Some(Challenge::of_key(place, parameter.key))
}

fn missing(challenge: Challenge) -> Problem {
    unauthorized(challenge, "The request has no key.")
}

fn malformed(challenge: Challenge) -> Problem {
    unauthorized(challenge, "The key is malformed.")
}

fn unauthorized(challenge: Challenge, detail: &'static str) -> Problem {
    Problem::unauthorized(challenge.value()).detail(detail)
}
