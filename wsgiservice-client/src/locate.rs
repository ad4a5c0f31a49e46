//! Which cluster a call goes to.

use std::{fmt::Display, str::FromStr};

use crate::{
    error::Error,
    response::{Response, Responses},
};

/// Which cluster a call goes to.
///
/// | locator | the call goes to |
/// |---|---|
/// | a user ID: `&str`, `&String`, `String`, [`User`] | the cluster that holds the user |
/// | [`ClosestCluster`] | the local cluster, then the next by distance |
/// | [`RandomCluster`] | a cluster by weight, then another |
/// | [`FirstCluster`] | the clusters by distance, until one has a success |
/// | [`AllClusters`] | all clusters |
/// | [`Cluster`] | that cluster |
/// | [`Locate`] | one of these, which is chosen at run time |
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say which cluster to call",
    label = "not a locator",
    note = "write a user ID (`&str`, `&String`, `User(id)`), `ClosestCluster`, `RandomCluster`, `FirstCluster`, `AllClusters` or `Cluster(\"c2\")`"
)]
pub trait Locator: sealed::Sealed {
    /// What the call returns: a [`Response`], or [`Responses`] of all clusters.
    type Output: Send + 'static;
}

/// A locator for calls that change something.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be used with a method that changes something",
    label = "the change could be executed in any cluster",
    note = "use a user ID or `Cluster(\"c2\")`, or `FirstCluster.allow_changes()` if the first cluster that accepts the change is the right one"
)]
pub trait ChangeLocator: Locator {}

/// The ID of a user, of any type that can be displayed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct User<I>(pub I);

/// The local cluster, then the next by distance.
///
/// The call goes to the next cluster if the nearer one has no endpoint in service, if it refused the call, or if it
/// failed a safe call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ClosestCluster;

/// A cluster by weight, then another one by the rule of [`ClosestCluster`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RandomCluster;

/// The clusters by distance, until one has a success.
///
/// The next cluster is called after any response other than a success or a redirect, or after 250 ms. If there is no
/// success, the response is one of status 4xx rather than of 5xx, but 404 and 410 only if each cluster said so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FirstCluster;

/// [`FirstCluster`] for methods that change something.
///
/// The next cluster is called only after a response with which the nearer one refused the change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct FirstClusterWithChanges(());

/// All clusters, 16 at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct AllClusters;

/// The cluster of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cluster<S>(pub S);

/// A locator that is chosen at run time.
///
/// ```
/// use wsgiservice_client::Locate;
///
/// assert_eq!("closest".parse::<Locate>()?, Locate::Closest);
/// assert_eq!("cluster:c2".parse::<Locate>()?, Locate::Cluster("c2".to_owned()));
/// assert_eq!("user:abc".parse::<Locate>()?, Locate::User("abc".to_owned()));
/// # Ok::<(), wsgiservice_client::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Locate {
    /// The cluster that holds the user with this ID.
    User(String),
    /// As [`ClosestCluster`].
    Closest,
    /// As [`RandomCluster`].
    Random,
    /// As [`FirstCluster`].
    First {
        /// Whether the method may change something.
        changes: bool,
    },
    /// As [`Cluster`].
    Cluster(String),
}

impl FirstCluster {
    /// Allows methods that change something.
    #[must_use]
    pub fn allow_changes(self) -> FirstClusterWithChanges {
        FirstClusterWithChanges(())
    }
}

impl FromStr for Locate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Ok(match text.split_once(':') {
            None if text == "closest" => Self::Closest,
            None if text == "random" => Self::Random,
            None if text == "first" => Self::First { changes: false },
            Some(("user", id)) => Self::User(id.to_owned()),
            Some(("cluster", name)) => Self::Cluster(name.to_owned()),
            _ => {
                let known = "`closest`, `random`, `first`, `user:ID` or `cluster:NAME`";
                return Err(Error::invalid(format!("unknown locator `{text}`, expected {known}")));
            }
        })
    }
}

/// Where a call goes, of whatever type its locator was.
#[expect(unnameable_types, reason = "no other crate may name it")]
#[derive(Clone, Debug)]
pub enum Target {
    One(Locate),
    All,
}

mod sealed {
    #[expect(unnameable_types, reason = "no other crate may implement it")]
    pub trait Sealed {
        fn into_target(self) -> crate::locate::Target;
    }
}

pub(crate) fn target(locator: impl Locator) -> Target {
    locator.into_target()
}

/// Implements the traits of a locator with one response.
macro_rules! locator {
    ($(@[$($generics:tt)*])? $type:ty, $self:ident => $locate:expr) => {
        impl $(<$($generics)*>)? sealed::Sealed for $type {
            fn into_target($self) -> Target {
                Target::One($locate)
            }
        }

        impl $(<$($generics)*>)? Locator for $type {
            type Output = Response;
        }

    };
}

locator!(&str, self => Locate::User(self.to_owned()));
impl ChangeLocator for &str {}
locator!(&String, self => Locate::User(self.clone()));
impl ChangeLocator for &String {}
locator!(String, self => Locate::User(self));
impl ChangeLocator for String {}
locator!(@[I: Display] User<I>, self => Locate::User(self.0.to_string()));
impl<I: Display> ChangeLocator for User<I> {}
locator!(ClosestCluster, self => Locate::Closest);
impl ChangeLocator for ClosestCluster {}
locator!(RandomCluster, self => Locate::Random);
impl ChangeLocator for RandomCluster {}
locator!(FirstCluster, self => Locate::First { changes: false });
locator!(FirstClusterWithChanges, self => Locate::First { changes: true });
impl ChangeLocator for FirstClusterWithChanges {}
locator!(@[S: Into<String>] Cluster<S>, self => Locate::Cluster(self.0.into()));
impl<S: Into<String>> ChangeLocator for Cluster<S> {}
locator!(Locate, self => self);
impl ChangeLocator for Locate {}

impl sealed::Sealed for AllClusters {
    fn into_target(self) -> Target {
        Target::All
    }
}

impl Locator for AllClusters {
    type Output = Responses;
}

impl ChangeLocator for AllClusters {}
