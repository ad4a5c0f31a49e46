//! A page of a list.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::{
    outcome::{IntoAnswer, Parts, ResponseHead, parts},
    sealed::Sealed,
};

/// A page of a list: 200, with links to the next and the previous page (RFC 8288).
///
/// The content is an object: `items`, and `total` if it is known. `Link` has the target of the request, with its extension, the
/// prefix behind a proxy and its other query parameters, and with other values of the parameters `start` and `count`, which the
/// method must have: where the page begins, from 0, and how many items it has at most. Without `count`, or without a default for
/// it, the length of this page counts. Links are for `GET`.
///
/// ```
/// use wsgiservice::{Application, answer::Page, mount, resource, testing::Client};
///
/// #[mount("/numbers")]
/// struct Numbers;
///
/// #[resource]
/// impl Numbers {
///     fn get(
///         &self,
///         #[validate(default = 0)] start: u32,
///         #[validate(range = 1..=100, default = 10)] count: u32,
///     ) -> Page<u32> {
///         Page::of_total((start..).take(count as usize).take_while(|number| *number < 25).collect(), 25)
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() {
/// # let client = Client::new(Application::new("numbers").mount(Numbers));
/// let response = client.get("/numbers?start=2&count=2").send().await;
/// assert_eq!(response.text(), r#"{"items":[2,3],"total":25}"#);
/// assert_eq!(
///     response.field("link"),
///     Some(r#"</numbers?start=4&count=2>; rel="next", </numbers?start=0&count=2>; rel="prev""#)
/// );
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct Page<T> {
    /// The items of this page.
    items: Vec<T>,
    /// How many items all pages have.
    #[serde(skip_serializing_if = "Option::is_none")]
    total: Option<u64>,
    #[serde(skip)]
    has_more: bool,
}

/// What is known of a page, for its links.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageExtent {
    pub(crate) length: u64,
    total: Option<u64>,
    has_more: bool,
}

impl<T> Page<T> {
    /// Creates a page of a list of unknown length, and says whether there is another page after it.
    ///
    /// ```
    /// use wsgiservice::answer::Page;
    ///
    /// assert_eq!(Page::new(vec![1, 2], true).items(), [1, 2]);
    /// ```
    #[must_use]
    pub fn new(items: Vec<T>, has_more: bool) -> Self {
        Self { items, total: None, has_more }
    }

    /// Creates a page of what was found when one item more than `count` was looked for, which tells whether there is another page.
    ///
    /// ```
    /// use wsgiservice::answer::Page;
    ///
    /// let count = 2_u32;
    /// let found: Vec<_> = (1..=25).take(count as usize + 1).collect(); // `LIMIT ?`, with `count + 1`
    /// assert_eq!(Page::of(found, count), Page::new(vec![1, 2], true));
    /// assert_eq!(Page::of(vec![1, 2], count), Page::new(vec![1, 2], false));
    /// ```
    #[must_use]
    pub fn of(mut found: Vec<T>, count: u32) -> Self {
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        let has_more = found.len() > count;
        found.truncate(count);
        Self::new(found, has_more)
    }

    /// Creates a page of a list with this many items in all.
    #[must_use]
    pub fn of_total(items: Vec<T>, total: u64) -> Self {
        Self { items, total: Some(total), has_more: false }
    }

    /// Returns the items of the page, for a representation of its own.
    #[must_use]
    pub fn items(&self) -> &[T] {
        &self.items
    }

    /// Returns how many items all pages have, if that is known.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.total
    }
}

impl PageExtent {
    /// Whether there is another page after this one, which begins here.
    pub(crate) fn is_followed(self, start: u64) -> bool {
        let ends_before = |total| start.saturating_add(self.length) < total;
        self.has_more || self.total.is_some_and(ends_before)
    }
}

impl<T> Sealed for Page<T> {}

impl<T> IntoAnswer for Page<T> {
    type Value = Self;
    const STATUSES: &'static [u16] = &[200];
    const HAS_CONTENT: bool = true;
    const IS_PAGE: bool = true;

    fn into_parts(self) -> Parts<Self> {
        let Self { ref items, total, has_more } = self;
        let page = PageExtent { length: items.len() as u64, total, has_more };
        let head = ResponseHead { page: Some(page), ..ResponseHead::default() };
        Parts { head: Some(Box::new(head)), ..parts(StatusCode::OK, None, self) }
    }
}
