//! Credentials in the field `Authorization` (RFC 9110, section 11.6.2).

use base64::prelude::{BASE64_STANDARD, Engine};
use http::header;

use super::{FromRequest, Secret};
use crate::{
    http::{challenge::Challenge, incoming::Request},
    problem::{MISSING_CREDENTIALS, Problem},
};

/// A user name and a password, as an argument of `authorize` (RFC 7617).
///
/// Without them, or with credentials that are malformed, a request gets a 401; an `Option<Basic>` is `None` without them, or with
/// those of another scheme. The documentation shows the security scheme.
///
/// ```
/// use wsgiservice::{Application, Authorized, Basic, Problem, mount, resource, testing::Client};
///
/// struct User(String);
///
/// #[mount("/account")]
/// struct Account;
///
/// #[resource]
/// impl Account {
///     fn authorize(&self, login: Basic) -> Result<User, Problem> {
///         match login.password().matches("open sesame") {
///             true => Ok(User(login.user().to_owned())),
///             false => Err(Basic::refused()),
///         }
///     }
///
///     fn get(&self, user: Authorized<User>) -> String {
///         user.0.clone()
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("accounts").mount(Account));
/// let response = client.get("/account").basic("ada", "open sesame").send().await;
/// assert_eq!(response.text(), r#""ada""#);
/// let response = client.get("/account").send().await;
/// assert_eq!(response.status(), 401);
/// assert_eq!(response.field("www-authenticate"), Some(r#"Basic realm="service", charset="UTF-8""#));
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Basic {
    user: String,
    password: Secret<String>,
}

/// A token, as an argument of `authorize` (RFC 6750).
///
/// Without it, a request gets a 401; an `Option<Bearer>` is `None` without it. The documentation shows the security scheme.
/// [`Authorized`](crate::Authorized) has an example.
#[derive(Clone, Debug)]
pub struct Bearer {
    token: Secret<String>,
}

/// The challenge for a user name and a password.
const BASIC: Challenge = Challenge::http("Basic realm=\"service\", charset=\"UTF-8\"");

/// The challenge for a token.
const BEARER: Challenge = Challenge::http("Bearer realm=\"service\"");

/// The challenge after a token that is wrong.
const INVALID_TOKEN: Challenge =
    Challenge::http("Bearer realm=\"service\", error=\"invalid_token\"");

impl Basic {
    /// Returns the user name.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Returns the password.
    #[must_use]
    pub fn password(&self) -> &Secret<String> {
        &self.password
    }

    /// Creates the 401 for a user name or a password that is wrong.
    #[must_use]
    pub fn refused() -> Problem {
        unauthorized(BASIC).detail("The user name or the password is wrong.")
    }

    fn parse(credentials: &str) -> Option<Self> {
        let decoded = String::from_utf8(BASE64_STANDARD.decode(credentials).ok()?).ok()?;
        let (user, password) = decoded.split_once(':')?;
        if decoded.chars().any(char::is_control) {
            return None;
        }
        Some(Self { user: user.to_owned(), password: Secret::new(password.to_owned()) })
    }
}

impl Bearer {
    /// Returns the token.
    #[must_use]
    pub fn token(&self) -> &Secret<String> {
        &self.token
    }

    /// Creates the 401 for a token that is wrong, or no longer valid.
    #[must_use]
    pub fn refused() -> Problem {
        unauthorized(INVALID_TOKEN).detail("The token is not valid.")
    }

    fn parse(token: &str) -> Option<Self> {
        let is_of_token = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        (!token.is_empty() && token.bytes().all(is_of_token))
            .then(|| Self { token: Secret::new(token.to_owned()) })
    }
}

impl FromRequest for Basic {
    const CHALLENGE: Option<Challenge> = Some(BASIC);
    const FIELDS: &'static [&'static str] = &["Authorization"];

    async fn from_request(request: &Request) -> Result<Self, Problem> {
        read(request, BASIC, Self::parse)?.ok_or_else(|| missing(BASIC))
    }

    async fn from_request_or_none(request: &Request) -> Result<Option<Self>, Problem> {
        read(request, BASIC, Self::parse)
    }
}

impl FromRequest for Bearer {
    const CHALLENGE: Option<Challenge> = Some(BEARER);
    const FIELDS: &'static [&'static str] = &["Authorization"];

    async fn from_request(request: &Request) -> Result<Self, Problem> {
        read(request, BEARER, Self::parse)?.ok_or_else(|| missing(BEARER))
    }

    async fn from_request_or_none(request: &Request) -> Result<Option<Self>, Problem> {
        read(request, BEARER, Self::parse)
    }
}

/// The credentials of the scheme of a challenge; `None` if the request has none of this scheme.
///
/// # Errors
/// A 401 if they are malformed, or if there are several.
fn read<T>(
    request: &Request,
    challenge: Challenge,
    parse: fn(&str) -> Option<T>,
) -> Result<Option<T>, Problem> {
    let mut lines = request.fields().get_all(header::AUTHORIZATION).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return match request.fields().contains_key(header::AUTHORIZATION) {
            true => Err(malformed(challenge)),
            false => Ok(None),
        };
    };
    let scheme = challenge.scheme().as_bytes();
    let parts = line.as_bytes().split_at_checked(scheme.len());
    let Some((stated, credentials)) = parts else { return Ok(None) };
    let ends_there = credentials.first().is_none_or(u8::is_ascii_whitespace);
    if !(ends_there && stated.eq_ignore_ascii_case(scheme)) {
        return Ok(None);
    }
    // What is not ASCII is malformed, and not the absence of credentials.
    let credentials = std::str::from_utf8(credentials).unwrap_or_default();
    parse(credentials.trim()).map(Some).ok_or_else(|| malformed(challenge))
}

fn unauthorized(challenge: Challenge) -> Problem {
    Problem::unauthorized(challenge.value())
}

fn missing(challenge: Challenge) -> Problem {
    unauthorized(challenge).detail(MISSING_CREDENTIALS)
}

fn malformed(challenge: Challenge) -> Problem {
    unauthorized(challenge).detail("The credentials are malformed.")
}
