//! The clusters that users are assigned to.

use schemars::JsonSchema;
use serde::Serialize;
use wsgiservice::{NoContent, answer::Put, mount, resource};

use super::ClusterName;
use crate::{
    database::{ClusterEntry, ClusterState, Directory, Listed},
    refusal::Refusal,
};

/// The clusters.
#[mount("/1/cluster")]
pub(super) struct Clusters {
    pub(super) directory: Directory,
}

/// A part of the list of clusters.
#[derive(Serialize, JsonSchema)]
struct List {
    /// The clusters, sorted by their names.
    items: Vec<Listed>,
    /// The position of the first one, from 1.
    start: usize,
    /// How many there are in this part at most.
    count: usize,
    /// How many there are.
    total: usize,
}

#[resource]
impl Clusters {
    /// List the clusters, with how many users each holds.
    async fn get(
        &self,
        #[validate(range = 1.., default = 1)] start: usize,
        #[validate(range = 1..=1000, default = 10)] count: usize,
    ) -> Result<List, Refusal> {
        let all = self.directory.listed().await?;
        let total = all.len();
        let items = all.into_iter().skip(start - 1).take(count).collect();
        Ok(List { items, start, count, total })
    }
}

/// A cluster.
#[mount("/1/cluster/{name}")]
pub(crate) struct Cluster {
    pub(super) directory: Directory,
}

#[resource]
impl Cluster {
    /// Create a cluster, or change what it has.
    async fn put(
        &self,
        name: ClusterName,
        #[validate(
            range = 0.001..=1_000_000.0,
            default = 1.0,
            doc = "How many of the new users it takes, compared with the others."
        )]
        weight: f64,
        #[validate(default = "open")] state: ClusterState,
    ) -> Result<Put<ClusterEntry>, Refusal> {
        let entry = ClusterEntry { name: name.0, weight, state };
        Ok(match self.directory.put_cluster(entry.clone()).await? {
            true => Put::Created(entry),
            false => Put::Replaced(entry),
        })
    }

    /// Remove a cluster without users. One of the topology is there again at the next start.
    async fn delete(&self, name: ClusterName) -> Result<NoContent, Refusal> {
        self.directory.remove_cluster(name.0).await?;
        Ok(NoContent)
    }
}
