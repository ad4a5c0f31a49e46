//! The responses of all clusters.

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::Response;
use crate::error::{Error, Result};

/// The responses of all clusters, sorted by the names of the clusters.
///
/// ```
/// use wsgiservice_client::{AllClusters, RestClient};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> wsgiservice_client::Result<()> {
/// # let label = wsgiservice_client::service_fn(|_: http::Request<wsgiservice_client::Body>| async {
/// #     Ok::<_, std::convert::Infallible>(http::Response::new(http_body_util::Empty::new()))
/// # });
/// let client = RestClient::builder().service("label", label).build()?;
/// for (cluster, result) in client.get("label", AllClusters, "/1/label/abc").await? {
///     assert_eq!(result?.cluster(), &*cluster);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Responses(Vec<(Arc<str>, Result<Response>)>);

impl Responses {
    pub(crate) fn new(responses: Vec<(Arc<str>, Result<Response>)>) -> Self {
        Self(responses)
    }

    /// The response of a cluster, or why there is none.
    pub fn get(&self, cluster: &str) -> Option<std::result::Result<&Response, &Error>> {
        let (_, result) = self.0.iter().find(|(name, _)| **name == *cluster)?;
        Some(result.as_ref())
    }

    /// Reads the content of each response as a value in JSON. A status of 400 or greater is an error.
    pub async fn json_each<T: DeserializeOwned>(self) -> Vec<(Arc<str>, Result<T>)> {
        let mut values = Vec::with_capacity(self.0.len());
        for (cluster, result) in self.0 {
            let value = match result.and_then(Response::error_for_status) {
                Ok(response) => response.json().await,
                Err(error) => Err(error),
            };
            values.push((cluster, value));
        }
        values
    }
}

impl IntoIterator for Responses {
    type Item = (Arc<str>, Result<Response>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
