//! A call to all clusters.

use std::sync::Arc;

use futures_util::{StreamExt, stream};

use super::{
    first::{Ended, in_cluster},
    prepared::Prepared,
};
use crate::{body::Body, directory::Group};

/// The clusters that are called at a time.
const AT_A_TIME: usize = 16;

/// Calls the service in all clusters, and returns what each one had by the deadline, sorted by name.
pub(super) async fn all(
    prepared: &Prepared,
    mut content: Body,
    groups: &[Arc<Group>],
) -> Vec<(Arc<str>, Ended)> {
    let calls: Vec<_> = groups
        .iter()
        .map(|group| {
            let (content, group) = (content.for_attempt(), Arc::clone(group));
            async move {
                let cluster = Arc::clone(&group.cluster);
                (cluster, in_cluster(prepared, content, group).await)
            }
        })
        .collect();
    let mut ended: Vec<_> = stream::iter(calls).buffer_unordered(AT_A_TIME).collect().await;
    ended.sort_by(|(one, _), (other, _)| one.cmp(other));
    ended
}
