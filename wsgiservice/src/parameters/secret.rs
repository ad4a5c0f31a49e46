//! Parameters that must not be shown, such as passwords and tokens.

use std::{fmt, marker::PhantomData};

use serde::{Deserialize, Deserializer, de::Visitor};

use subtle::ConstantTimeEq;

use super::{Parameter, ParameterKind, ParseError};
use crate::declaration::{SECRET, TypeConstraint};

/// A parameter or a setting that must not be shown.
///
/// It comes only from the content, or from a header field or a cookie by `#[from]`, because targets end up in logs and
/// histories. It is never logged, and no response repeats it.
///
/// ```
/// use wsgiservice::{Application, Secret, mount, resource, testing::Client};
///
/// #[mount("/login")]
/// struct Login;
///
/// #[resource]
/// impl Login {
///     fn post(&self, #[validate(len = 8..)] password: Secret<String>) -> bool {
///         password.matches("correct horse")
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("login").mount(Login));
/// let request = client.post("/login").header("content-type", "application/x-www-form-urlencoded");
/// let response = request.body("password=hunter2").send().await;
/// assert_eq!(response.status(), 400);
/// assert!(!response.text().contains("hunter2"));
/// assert_eq!(client.post("/login?password=correct+horse").send().await.status(), 400);
/// # }
/// ```
#[derive(Clone, Copy, Default)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Creates a secret, for example to call another resource's method.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// Returns the value.
    pub fn expose(&self) -> &T {
        &self.0
    }

    /// Returns the value, without the secret around it.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: AsRef<[u8]>> Secret<T> {
    /// Whether it is this text.
    ///
    /// The comparison takes the same time wherever the two differ, so that a client cannot find out the secret one character
    /// after the other. It tells the length. Passwords of users belong in a database as a hash, which has its own comparison.
    ///
    /// ```
    /// use wsgiservice::Secret;
    ///
    /// let token = Secret::new("open sesame".to_owned());
    /// assert!(token.matches("open sesame"));
    /// assert!(!token.matches("open"));
    /// ```
    #[must_use]
    pub fn matches(&self, other: impl AsRef<[u8]>) -> bool {
        self.0.as_ref().ct_eq(other.as_ref()).into()
    }
}

/// Never shows the value.
impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

/// Read like the value in it. A [setting](trait@crate::Settings) of this type is not printed.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Secret<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(SECRET, SecretVisitor(PhantomData))
    }
}

struct SecretVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for SecretVisitor<T> {
    type Value = Secret<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a secret")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Secret<T>, D::Error> {
        T::deserialize(inner).map(Secret)
    }
}

impl<T: Parameter> Parameter for Secret<T> {
    const KIND: ParameterKind = T::KIND;
    const IS_SECRET: bool = true;
    const CONSTRAINT: TypeConstraint = T::CONSTRAINT;
    const CHECKED: () = T::CHECKED;

    fn parse(text: &str) -> Result<Self, ParseError> {
        T::parse(text).map(Self)
    }
}
