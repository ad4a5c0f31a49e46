//! Redirects (RFC 9110, section 15.4).

use http::StatusCode;

use super::{
    outcome::{IntoAnswer, Parts, ResponseHead, parts},
    sealed::Sealed,
};
use crate::representation::Represent;

/// 300: several representations, for the client to choose from (RFC 9110, section 15.4.1).
///
/// ```
/// # use wsgiservice::{Application, answer::MultipleChoices, mount, resource, testing::Client};
/// #[mount("/manual")]
/// struct Manual;
///
/// #[resource]
/// impl Manual {
///     fn get(&self) -> MultipleChoices<[&'static str; 2]> {
///         MultipleChoices::of(["/manual/de", "/manual/en"]).preferring("/manual/en")
///     }
/// }
/// # #[tokio::main]
/// # async fn main() {
/// # let client = Client::new(Application::new("manuals").mount(Manual));
/// let response = client.get("/manual").send().await;
/// assert_eq!((response.status().as_u16(), response.field("location")), (300, Some("/manual/en")));
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MultipleChoices<T> {
    choices: T,
    preferred: Option<String>,
}

impl<T> MultipleChoices<T> {
    /// Creates a 300 with these choices as content.
    pub fn of(choices: T) -> Self {
        Self { choices, preferred: None }
    }

    /// Sets the preferred choice, which a client can follow automatically.
    #[must_use]
    pub fn preferring(self, location: impl Into<String>) -> Self {
        Self { preferred: Some(location.into()), ..self }
    }
}

impl<T> Sealed for MultipleChoices<T> {}

impl<T: Represent> IntoAnswer for MultipleChoices<T> {
    type Value = T;
    const STATUSES: &'static [u16] = &[300];
    const HAS_CONTENT: bool = true;

    fn into_parts(self) -> Parts<T> {
        parts(StatusCode::MULTIPLE_CHOICES, self.preferred, self.choices)
    }
}

macro_rules! redirects {
    ($($(#[$meta:meta])* $name:ident: $status:literal $constant:ident;)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// Redirects to this location; a relative one is resolved against the path of the request.
            pub fn to(location: impl Into<String>) -> Self {
                Self(location.into())
            }
        }

        impl Sealed for $name {}

        impl IntoAnswer for $name {
            type Value = ();
            const STATUSES: &'static [u16] = &[$status];
            const HAS_CONTENT: bool = false;

            fn into_parts(self) -> Parts<()> {
                Parts::empty(StatusCode::$constant, Some(ResponseHead::location(self.0)))
            }
        }
    )*};
}

redirects! {
    /// 301: moved permanently (RFC 9110, section 15.4.2).
    ///
    /// ```
    /// # use wsgiservice::{Application, answer::MovedPermanently, mount, resource, testing::Client};
    /// #[mount("/old")]
    /// struct Old;
    ///
    /// #[resource]
    /// impl Old {
    ///     fn get(&self) -> MovedPermanently {
    ///         MovedPermanently::to("/new")
    ///     }
    /// }
    /// # #[tokio::main]
    /// # async fn main() {
    /// # let client = Client::new(Application::new("old").mount(Old));
    /// let response = client.get("/old").send().await;
    /// assert_eq!((response.status().as_u16(), response.field("location")), (301, Some("/new")));
    /// # }
    /// ```
    MovedPermanently: 301 MOVED_PERMANENTLY;
    /// 302: moved temporarily (RFC 9110, section 15.4.3). Used like [`MovedPermanently`].
    Found: 302 FOUND;
    /// 303: continue with a `GET` of another resource (RFC 9110, section 15.4.4). Used like [`MovedPermanently`].
    SeeOther: 303 SEE_OTHER;
    /// 307: moved temporarily; repeat the request with the same method (RFC 9110, section 15.4.8). Used like
    /// [`MovedPermanently`].
    TemporaryRedirect: 307 TEMPORARY_REDIRECT;
    /// 308: moved permanently; repeat the request with the same method (RFC 9110, section 15.4.9). Used like
    /// [`MovedPermanently`].
    PermanentRedirect: 308 PERMANENT_REDIRECT;
}
