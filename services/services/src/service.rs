//! What the program knows of a service.

use crate::Invocation;

/// A service.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// Its name in the command line and in the topology.
    pub name: &'static str,
    /// What it is for, for `--help`.
    pub about: &'static str,
    /// How many there are of it.
    pub scope: Scope,
    /// Whether it holds data of users, which move with them: `data` in the topology.
    pub holds_data: bool,
    /// Whether a request with a key can come again: `idempotency_keys` in the topology.
    pub takes_keys: bool,
    /// The settings that say where it keeps what it stores. In their values, `{}` is the folder that `services up` has for it,
    /// as in `("database", "sqlite:{}/storage.db")`.
    pub places: &'static [(&'static str, &'static str)],
    /// Runs it: [`Invocation::run`] of its function `application`.
    pub run: fn(Invocation) -> wsgiservice::Result<()>,
}

/// How many there are of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope {
    /// One for all clusters.
    Global,
    /// One per cluster.
    Cluster,
}
