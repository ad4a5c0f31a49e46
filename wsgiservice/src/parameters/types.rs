//! The types of parameters.

use std::{
    borrow::Cow,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    num::NonZero,
};

use wsgiservice_grammar::value::Kind;

use super::kind::ParameterKind;
use crate::declaration::TypeConstraint;
#[cfg(feature = "jiff")]
use crate::rules::rfc3339;

/// A type to which the text of a parameter converts.
///
/// These are numbers, `bool`, `char`, `String`, IP addresses, `Uuid` and, with the feature `jiff`, its dates and times;
/// and an enum or a newtype of the service with `#[derive(Parameter)]`. A parameter that may be absent is an `Option` of
/// it, and one that may be repeated is a `Vec`.
///
/// ```
/// use wsgiservice::{Application, Parameter, mount, resource, testing::Client};
///
/// #[derive(Parameter)]
/// enum Order {
///     Newest,
///     MostRead,
/// }
///
/// #[mount("/articles")]
/// struct Articles;
///
/// #[resource]
/// impl Articles {
///     fn get(&self, order: Order) -> &'static str {
///         match order {
///             Order::Newest => "by date",
///             Order::MostRead => "by readers",
///         }
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// let client = Client::new(Application::new("articles").mount(Articles));
/// assert_eq!(client.get("/articles?order=most_read").send().await.text(), r#""by readers""#);
/// assert_eq!(client.get("/articles?order=oldest").send().await.status(), 400);
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used as a parameter",
    label = "not convertible from text",
    note = "add `#[derive(wsgiservice::Parameter)]` to an enum or a newtype",
    note = "to convert the text yourself, add `#[validate(convert = path::to::function)]` to the argument",
    note = "for the content of a request as a whole, use `Content<T>`"
)]
pub trait Parameter: Sized + Send {
    /// What the text can be.
    const KIND: ParameterKind;

    /// Whether it comes only from the content, and is never shown; see [`Secret`](crate::Secret).
    const IS_SECRET: bool = false;

    /// The rules and the documentation of the type.
    #[doc(hidden)]
    const CONSTRAINT: TypeConstraint = TypeConstraint::NONE;

    /// What the compiler checks of a type with type parameters, when they are known.
    #[doc(hidden)]
    const CHECKED: () = ();

    /// Converts the text.
    ///
    /// # Errors
    ///
    /// If the text is not such a value. The reason is sent to the client.
    fn parse(text: &str) -> Result<Self, ParseError>;
}

/// Why a text cannot be converted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError(Cow<'static, str>);

impl ParseError {
    /// An error with a reason, which is a sentence.
    ///
    /// ```
    /// let error = wsgiservice::parameter::ParseError::new("It must be even.");
    /// assert_eq!(error.to_string(), "It must be even.");
    /// ```
    pub fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(reason.into())
    }

    pub(super) fn into_reason(self) -> Cow<'static, str> {
        self.0
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for ParseError {}

macro_rules! parsed {
    ($($type:ty: $kind:expr, $reason:literal;)*) => {$(
        impl Parameter for $type {
            const KIND: ParameterKind = $kind;

            fn parse(text: &str) -> Result<Self, ParseError> {
                text.parse().map_err(|_| ParseError(Cow::Borrowed($reason)))
            }
        }
    )*};
}

macro_rules! integers {
    ($($type:ident)*) => {$(
        impl Parameter for $type {
            const KIND: ParameterKind = ParameterKind::integer($type::MIN as i128, greatest($type::MAX as u128));

            fn parse(text: &str) -> Result<Self, ParseError> {
                text.parse().map_err(|_| integer::<Self>())
            }
        }

        impl Parameter for NonZero<$type> {
            const KIND: ParameterKind = $type::KIND;

            fn parse(text: &str) -> Result<Self, ParseError> {
                text.parse().map_err(|_| integer::<$type>())
            }
        }
    )*};
}

integers! { u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize }

macro_rules! numbers {
    ($($type:ident)*) => {$(
        impl Parameter for $type {
            const KIND: ParameterKind = ParameterKind::number();

            fn parse(text: &str) -> Result<Self, ParseError> {
                let finite = text.parse().ok().filter(|number: &Self| number.is_finite());
                finite.ok_or(ParseError(Cow::Borrowed("It must be a number.")))
            }
        }
    )*};
}

numbers! { f32 f64 }

parsed! {
    char: ParameterKind::text(), "It must be one character.";
    Ipv4Addr: ParameterKind::format("ipv4"), "It must be an IPv4 address.";
    Ipv6Addr: ParameterKind::format("ipv6"), "It must be an IPv6 address.";
    IpAddr: ParameterKind::format("ip"), "It must be an IP address.";
    SocketAddr: ParameterKind::format("socket-address"), "It must be an IP address and a port.";
    uuid::Uuid: ParameterKind::format("uuid"), "It must be a UUID.";
}

/// Types whose own syntax is larger than the format that is documented.
#[cfg(feature = "jiff")]
macro_rules! dates_and_times {
    ($($type:ty: $name:literal, $is_formatted:path, $reason:literal;)*) => {$(
        impl Parameter for $type {
            const KIND: ParameterKind = ParameterKind::format($name);

            fn parse(text: &str) -> Result<Self, ParseError> {
                if !$is_formatted(text) {
                    return Err(ParseError(Cow::Borrowed($reason)));
                }
                text.parse().map_err(|_| ParseError(Cow::Borrowed("It is too early or too late.")))
            }
        }
    )*};
}

#[cfg(feature = "jiff")]
dates_and_times! {
    jiff::Timestamp: "date-time", rfc3339::is_date_time, "It must be a date and a time with an offset, as in RFC 3339.";
    jiff::civil::Date: "date", rfc3339::is_date, "It must be a date, as in 2026-11-24.";
    jiff::civil::Time: "local-time", rfc3339::is_local_time, "It must be a time, as in 12:30:00.";
    jiff::civil::DateTime: "local-date-time", rfc3339::is_local_date_time, "It must be a date and a time, as in 2026-11-24T12:30:00.";
}

#[cfg(feature = "jiff")]
parsed! {
    jiff::Span: ParameterKind::format("duration"), "It must be a duration, as in P1DT12H.";
}

impl Parameter for String {
    const KIND: ParameterKind = ParameterKind::text();

    fn parse(text: &str) -> Result<Self, ParseError> {
        Ok(text.to_owned())
    }
}

impl Parameter for bool {
    const KIND: ParameterKind = ParameterKind::boolean();

    fn parse(text: &str) -> Result<Self, ParseError> {
        match text {
            // A checkbox without a value is sent as `on` (HTML, section 4.10.5.1.15).
            "true" | "1" | "on" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(ParseError(Cow::Borrowed("It must be true or false."))),
        }
    }
}

fn integer<T: Parameter>() -> ParseError {
    match T::KIND.into_kind() {
        Kind::Integer { minimum, maximum } => {
            ParseError::new(format!("It must be a whole number from {minimum} to {maximum}."))
        }
        _ => ParseError::new("It must be a whole number."),
    }
}

/// The maximum of the type, capped at `i128::MAX`.
const fn greatest(maximum: u128) -> i128 {
    if maximum > i128::MAX as u128 { i128::MAX } else { maximum as i128 }
}
