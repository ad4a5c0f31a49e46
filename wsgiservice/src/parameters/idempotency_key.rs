//! The key by which a service knows a request that is sent again (draft-ietf-httpapi-idempotency-key-header).

use std::{fmt, time::Duration};

use sfv::{Item, Parser};
use sha2::{Digest, Sha256};

use super::{Argument, Arguments, ParseError, Pending, Whole};
use crate::{declaration, http::incoming::Request, problem::Problem};

/// The longest key, in characters.
const LONGEST: usize = 255;

/// When a client should send a request again whose first one is in progress.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The key of a request that must not have its effect twice, however often a client sends it
/// (draft-ietf-httpapi-idempotency-key-header).
///
/// As an argument, it is read from `Idempotency-Key`: 1 to 255 visible ASCII characters, in quotes or bare. A request without it,
/// or with a malformed one, gets a 400; an `Option<IdempotencyKey>` is `None` without it. The documentation shows the field.
///
/// What a service does with the key is its own: a store keeps the response to the first request, by the key and whoever sent it,
/// with the [`fingerprint`](Self::fingerprint). The hook `admit` looks it up before preconditions are evaluated, since an
/// `If-Match` is stale when the request comes again. The method looks it up again in the transaction that writes.
///
/// ```
/// use std::{collections::HashMap, sync::Mutex};
/// use wsgiservice::{Application, IdempotencyKey, Problem, http::Response, mount, resource, testing::Client};
///
/// #[derive(Default)]
/// struct Stored(Mutex<HashMap<String, (IdempotencyKey, u32)>>);
///
/// #[mount("/payments")]
/// struct Payments {
///     stored: Stored,
/// }
///
/// #[resource]
/// impl Payments {
///     fn admit(&self, key: Option<IdempotencyKey>) -> Result<Option<Response<String>>, Problem> {
///         let Some(key) = key else { return Ok(None) };
///         match self.stored.0.lock().unwrap().get(key.key()) {
///             None => Ok(None),
///             Some((known, _)) if known.fingerprint() != key.fingerprint() => Err(IdempotencyKey::reused()),
///             Some((_, number)) => Ok(Some(Response::new(number.to_string()))),
///         }
///     }
///
///     fn post(&self, key: IdempotencyKey, amount: u32) -> u32 {
///         let mut stored = self.stored.0.lock().unwrap();
///         let number = stored.len() as u32 + amount;
///         stored.insert(key.key().to_owned(), (key, number));
///         number
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// # let client = Client::new(Application::new("payments").mount(Payments { stored: Stored::default() }));
/// let pay = |amount: u32| client.post(&format!("/payments?amount={amount}")).header("idempotency-key", "\"k1\"");
/// assert_eq!(pay(7).send().await.text(), "7");
/// assert_eq!(pay(7).send().await.text(), "7"); // not executed again
/// assert_eq!(pay(8).send().await.status(), 422);
/// assert_eq!(client.post("/payments?amount=7").send().await.status(), 400);
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    key: String,
    fingerprint: [u8; 32],
}

impl IdempotencyKey {
    /// Returns the key.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Returns the SHA-256 of the method, the path with the query, and the decoded content, by which a store finds out that a
    /// client uses one key for two requests. Header fields are not in it, and neither is content that the method reads as a
    /// stream.
    #[must_use]
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// Creates the 409 for a request whose first one is still in progress; its `Retry-After` is a second.
    #[must_use]
    pub fn in_progress() -> Problem {
        let problem =
            Problem::conflict("The first request with this Idempotency-Key is in progress.");
        problem.retry_after(RETRY_AFTER)
    }

    /// Creates the 422 for a key that was used for another request, with another fingerprint.
    #[must_use]
    pub fn reused() -> Problem {
        Problem::unprocessable("The Idempotency-Key was used for another request.")
    }

    fn of(key: String, arguments: &Arguments<'_>) -> Self {
        let request = arguments.request();
        Self { key, fingerprint: fingerprint(request, &arguments.content().bytes()) }
    }
}

/// A separator that neither a method nor a target has keeps the three apart.
fn fingerprint(request: &Request, content: &[u8]) -> [u8; 32] {
    let target = request.target().path_and_query().map_or("", |target| target.as_str());
    let mut hash = Sha256::new();
    for part in [request.method().as_str().as_bytes(), b"\n", target.as_bytes(), b"\n", content] {
        hash.update(part);
    }
    hash.finalize().into()
}

/// Reads the value of the field: a string of RFC 9651, or the same without quotes.
fn parse(value: &str) -> Result<String, ParseError> {
    let key = match value.starts_with('"') {
        true => Parser::new(value).parse::<Item>().ok().and_then(|item| {
            let text = item.bare_item.as_string()?;
            item.params.is_empty().then(|| text.as_str().to_owned())
        }),
        false => Some(value.to_owned()).filter(|key| !key.contains(['"', ',', ';'])),
    };
    let is_visible = |key: &String| key.bytes().all(|byte| byte.is_ascii_graphic());
    key.filter(|key| (1..=LONGEST).contains(&key.len()) && is_visible(key)).ok_or_else(|| {
        ParseError::new("must be 1 to 255 visible ASCII characters in quotes".to_owned())
    })
}

#[diagnostic::do_not_recommend]
impl<'a> Argument<'a, Whole> for IdempotencyKey {
    const ARGUMENT: declaration::Argument =
        declaration::Argument::IdempotencyKey { optional: false };

    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Pending<'a, Self>> {
        let key = arguments.one(index, true, parse).flatten()?;
        Some(Pending::Ready(Self::of(key, arguments)))
    }
}

#[diagnostic::do_not_recommend]
impl<'a> Argument<'a, Whole> for Option<IdempotencyKey> {
    const ARGUMENT: declaration::Argument =
        declaration::Argument::IdempotencyKey { optional: true };

    fn take(arguments: &mut Arguments<'a>, index: usize) -> Option<Pending<'a, Self>> {
        let key = arguments.one(index, false, parse)?;
        Some(Pending::Ready(key.map(|key| IdempotencyKey::of(key, arguments))))
    }
}

/// Without the key, which may be guessed from nothing else.
impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("IdempotencyKey")
    }
}
