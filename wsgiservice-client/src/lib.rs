#![doc = include_str!("../README.md")]

mod attempt;
mod body;
#[cfg(feature = "cache")]
mod cache;
mod call;
mod client;
mod context;
mod directory;
mod endpoint;
mod error;
mod housekeeping;
mod locate;
mod path;
mod request;
mod response;
mod retry_after;
mod shared;
#[cfg(test)]
mod tests;
mod topology;
mod underscore;
mod users;

pub use attempt::{Attempt, AttemptOutcome};
pub use body::Body;
pub use client::{Builder, RestClient};
pub use context::CallContext;
pub use directory::{CacheOutcome, CallOutcome, Count, Counts, EjectionReason};
pub use error::{BoxError, Error, ErrorKind, Result};
pub use locate::{
    AllClusters, ChangeLocator, ClosestCluster, Cluster, FirstCluster, FirstClusterWithChanges,
    Locate, Locator, RandomCluster, User,
};
pub use path::{IntoPath, Path};
pub use request::{CallOutput, RequestBuilder, ResponseFuture};
pub use response::{Response, Responses};
pub use topology::Topology;
pub use tower::service_fn;

#[doc(hidden)]
pub use wsgiservice_client_macros::path as __path;

/// A path, in which the value of each variable is encoded as one segment.
///
/// A variable is the name of a value that can be displayed. `{*rest}` at the end can have several segments.
///
/// ```
/// use wsgiservice_client::path;
///
/// let (user, label, rest) = ("abc", "to read/later", "a/b c");
/// assert_eq!(path!("/1/label/{user}/{label}").as_str(), "/1/label/abc/to%20read%2Flater");
/// assert_eq!(path!("/1/file/{user}/{*rest}").as_str(), "/1/file/abc/a/b%20c");
/// ```
///
/// A value that is empty, `.` or `..` is an error of the call. A path that is relative, or that has a query, does not
/// compile:
///
/// ```compile_fail
/// # use wsgiservice_client::path;
/// let user = "abc";
/// path!("1/label/{user}?start=1");
/// ```
#[macro_export]
macro_rules! path {
    ($path:literal) => {
        $crate::__path!($crate $path)
    };
}
