//! The clusters that users are assigned to.

use database::data::List;
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

#[resource]
impl Clusters {
    /// List the clusters, sorted by their names, with how many users each holds.
    async fn get(
        &self,
        #[validate(range = 1.., default = 1)] start: u32,
        #[validate(range = 1..=1000, default = 10)] count: u32,
    ) -> Result<List<Listed>, Refusal> {
        let all = self.directory.listed().await?;
        let total = all.len() as u64;
        let items = all.into_iter().skip(start as usize - 1).take(count as usize).collect();
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
