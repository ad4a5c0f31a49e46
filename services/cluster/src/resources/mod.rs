//! The resources.

mod cluster;
mod movement;
mod sweep;
mod user;

use database::data::User as UserId;
use wsgiservice::{Application, Parameter};

pub(crate) use self::{cluster::Cluster, movement::Move, user::User};
use crate::mover::Mover;

/// The name of a cluster, as the topology has it.
#[derive(Clone, Debug, Parameter)]
#[validate(re = "[0-9A-Za-z][0-9A-Za-z_.-]*", len = 1..=64, example = "c1")]
pub(crate) struct ClusterName(String);

pub(crate) fn mount(mover: &Mover, application: Application) -> Application {
    let directory = mover.directory();
    application
        .mount(User { directory: directory.clone(), mover: mover.clone() })
        .mount(Move { mover: mover.clone() })
        .mount(cluster::Clusters { directory: directory.clone() })
        .mount(Cluster { directory: directory.clone() })
        .mount(sweep::Sweep { mover: mover.clone() })
}
