//! The clusters, and how many users each has.

use std::{collections::BTreeMap, str::FromStr};

use database::{Error, Row, Transaction, values};
use schemars::JsonSchema;
use serde::Serialize;
use wsgiservice::Parameter;

use super::{Directory, draw, row::words};
use crate::refusal::Refusal;

/// Whether a cluster takes new users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema, Parameter)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ClusterState {
    /// It takes new users.
    Open,
    /// It keeps its users, and takes only those who are moved.
    Closed,
}

words!(ClusterState { Open => "open", Closed => "closed" });

/// A cluster.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct ClusterEntry {
    /// The name, as the topology has it.
    pub(crate) name: String,
    /// How many of the new users it takes, compared with the others.
    pub(crate) weight: f64,
    /// Whether it takes new users.
    pub(crate) state: ClusterState,
}

/// A cluster in the list.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Listed {
    #[serde(flatten)]
    pub(crate) cluster: ClusterEntry,
    /// How many users it holds.
    pub(crate) users: i64,
}

const ALL: &str = "SELECT name, weight, state FROM cluster ORDER BY name";

/// Those who are there, and those who are still to be told that they are not.
const REMAINING: &str = "SELECT COUNT(*) FROM assignment WHERE cluster = ? AND (state <> 'gone' OR unfinished = 1) \
     OR unfinished = 1 AND (other = ? OR move_to = ?)";

impl ClusterEntry {
    pub(crate) fn is_open(&self) -> bool {
        self.state == ClusterState::Open
    }

    fn of(row: &Row) -> Result<Self, Error> {
        let state: String = row.get(2)?;
        Ok(Self { name: row.get(0)?, weight: row.get(1)?, state: state.parse()? })
    }
}

impl Directory {
    /// The clusters, sorted by their names.
    pub(crate) async fn clusters(&self) -> Result<Vec<ClusterEntry>, Error> {
        self.0.query(ALL, &[]).await?.iter().map(ClusterEntry::of).collect()
    }

    /// The clusters with their users.
    pub(crate) async fn listed(&self) -> Result<Vec<Listed>, Error> {
        let count =
            "SELECT cluster, COUNT(*) FROM assignment WHERE state <> 'gone' GROUP BY cluster";
        let rows = self.0.query(count, &[]).await?;
        let counts = rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?)));
        let counts: BTreeMap<String, i64> = counts.collect::<Result<_, Error>>()?;
        let listed = self.clusters().await?.into_iter().map(|cluster| {
            let users = counts.get(&cluster.name).copied().unwrap_or(0);
            Listed { cluster, users }
        });
        Ok(listed.collect())
    }

    /// Adds clusters that are not there yet, as open ones.
    pub(super) async fn add_clusters(&self, names: Vec<String>) -> Result<(), Error> {
        let work = async move |transaction: &mut Transaction| {
            let insert =
                transaction.dialect().insert_or_ignore("cluster", &["name", "weight", "state"]);
            for name in &names {
                let values = values![name, 1.0, ClusterState::Open.as_str()];
                transaction.execute(&insert, &values).await?;
            }
            Ok(())
        };
        self.0.write(work).await
    }

    /// Creates or replaces a cluster, and tells whether it is new.
    pub(crate) async fn put_cluster(&self, cluster: ClusterEntry) -> Result<bool, Error> {
        let work = async move |transaction: &mut Transaction| {
            draw(transaction).await?;
            let is_new = !exists(transaction, &cluster.name).await?;
            let upsert = transaction.dialect().upsert("cluster", &["name"], &["weight", "state"]);
            let values = values![&cluster.name, cluster.weight, cluster.state.as_str()];
            transaction.execute(&upsert, &values).await?;
            Ok(is_new)
        };
        self.0.write(work).await
    }

    /// Removes a cluster without users.
    pub(crate) async fn remove_cluster(&self, name: String) -> Result<(), Refusal> {
        let work = async move |transaction: &mut Transaction| {
            // No user is assigned before the end of this transaction.
            draw(transaction).await?;
            let row = transaction.optional(REMAINING, &values![&name, &name, &name]).await?;
            let users = row.map_or(Ok(0), |row| row.get(0))?;
            if users > 0 {
                return Err(Refusal::not_empty(name.clone(), users));
            }
            transaction.execute("DELETE FROM cluster WHERE name = ?", &values![&name]).await?;
            Ok(())
        };
        self.0.write(work).await
    }
}

pub(super) async fn all(transaction: &mut Transaction) -> Result<Vec<ClusterEntry>, Error> {
    transaction.query(ALL, &[]).await?.iter().map(ClusterEntry::of).collect()
}

pub(super) async fn exists(transaction: &mut Transaction, name: &str) -> Result<bool, Error> {
    let row =
        transaction.optional("SELECT name FROM cluster WHERE name = ?", &values![name]).await?;
    Ok(row.is_some())
}
