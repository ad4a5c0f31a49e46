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
/// What a service does with the key is its own. The method looks it up in the transaction that writes, and compares the
/// [`fingerprint`](Self::fingerprint). If the key is known, the method returns the same value again, so that the replay has the
/// status, the media type and the `Location` of the first response. A service with several users stores who sent the key, too.
///
/// ```
/// use std::{collections::HashMap, sync::Mutex};
/// use wsgiservice::{Application, Created, IdempotencyKey, Problem, mount, resource, testing::Client};
///
/// #[derive(Default)]
/// #[mount("/payments")]
/// struct Payments {
///     known: Mutex<HashMap<String, (IdempotencyKey, u32)>>, // a table, with the number of the payment
/// }
///
/// #[resource]
/// impl Payments {
///     fn post(&self, key: IdempotencyKey, amount: u32) -> Result<Created<u32>, Problem> {
///         let mut known = self.known.lock().unwrap(); // a transaction
///         let next = known.len() as u32 + 1;
///         let (first, number) = known.entry(key.key().to_owned()).or_insert((key.clone(), next));
///         if first.fingerprint() != key.fingerprint() {
///             return Err(IdempotencyKey::reused());
///         }
///         Ok(Created::at(format!("/payments/{number}"), amount))
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("payments").mount(Payments::default()));
/// let pay = |amount: u32| client.post(&format!("/payments?amount={amount}")).header("idempotency-key", "\"k1\"");
/// for _ in 0..2 {
///     let response = pay(7).send().await;
///     assert_eq!((response.status().as_u16(), response.field("location")), (201, Some("/payments/1")));
/// }
/// assert_eq!(pay(8).send().await.status(), 422);
/// assert_eq!(client.post("/payments?amount=7").send().await.status(), 400);
/// # }
/// ```
///
/// # With `If-Match`
///
/// A request with `If-Match` that is sent again has a stale tag, and gets a 412 before the method is called. Only then, the
/// hook `admit` looks the key up as well, and responds itself. It is called for each method: a method that only reads gets
/// `None`, even if the request has a key. What it returns is sent unchanged: set the status, `Content-Type` and `Location`.
///
/// ```
/// use std::{collections::HashMap, sync::Mutex};
/// use wsgiservice::{
///     Application, EntityTag, IdempotencyKey, Preconditions, Problem, Request,
///     http::{Response, header::CONTENT_TYPE}, mount, resource, testing::Client,
/// };
///
/// #[derive(Default)]
/// #[mount("/balance")]
/// struct Balance {
///     state: Mutex<(u32, HashMap<String, (IdempotencyKey, u32)>)>,
/// }
///
/// #[resource]
/// impl Balance {
///     fn etag(&self) -> Option<EntityTag> {
///         Some(EntityTag::strong(self.state.lock().unwrap().0))
///     }
///
///     fn admit(&self, request: &Request, key: Option<IdempotencyKey>) -> Result<Option<Response<String>>, Problem> {
///         let Some(key) = key.filter(|_| !request.method().is_safe()) else { return Ok(None) };
///         match self.state.lock().unwrap().1.get(key.key()) {
///             None => Ok(None),
///             Some((first, _)) if first.fingerprint() != key.fingerprint() => Err(IdempotencyKey::reused()),
///             Some((_, balance)) => {
///                 let response = Response::builder().header(CONTENT_TYPE, "application/json");
///                 response.body(balance.to_string()).map(Some).map_err(Problem::internal)
///             }
///         }
///     }
///
///     fn get(&self) -> u32 {
///         self.state.lock().unwrap().0
///     }
///
///     /// Adds an amount.
///     fn patch(&self, key: IdempotencyKey, amount: u32, _preconditions: Preconditions) -> u32 {
///         let (balance, known) = &mut *self.state.lock().unwrap();
///         *balance += amount;
///         known.insert(key.key().to_owned(), (key, *balance));
///         *balance
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("balance").mount(Balance::default())).header("idempotency-key", "k1");
/// for _ in 0..2 {
///     let request = client.patch("/balance?amount=7").header("if-match", "\"0\"");
///     assert_eq!(request.send().await.json::<u32>(), 7); // added once
/// }
/// assert_eq!(client.get("/balance").send().await.text(), "7");
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
    /// stream: see [`with_content`](Self::with_content).
    #[must_use]
    pub fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }

    /// Adds content that the method has read as a stream to the fingerprint, by a digest such as its SHA-256. The hook `admit`
    /// cannot compare such a fingerprint, because the content was not read then: it
    /// [defers](crate::Preconditions::defer) the preconditions of a request whose key is known.
    #[must_use]
    pub fn with_content(mut self, digest: &[u8]) -> Self {
        self.fingerprint =
            Sha256::new().chain_update(self.fingerprint).chain_update(digest).finalize().into();
        self
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
