//! Which cluster a new user gets: weighted rendezvous hashing.
//!
//! Each cluster has a score for each user, and the highest one wins. So each cluster has as many users as its weight says, and
//! a new cluster takes users only for itself: no other pair of users and clusters changes.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::database::ClusterEntry;

/// The key of the hash. Another one would give each user who has no row yet another cluster.
///
/// XXH3 is specified, so that it gives the same with each version of its library. It does not need to withstand somebody who
/// chooses IDs: the key is no secret, and the worst is a cluster with more users than its weight says.
const SEED: u64 = 0x636c_7573_7465_7201;

/// The cluster of a new user; `None` if no cluster is open.
pub(crate) fn choose<'a>(user: &str, clusters: &'a [ClusterEntry]) -> Option<&'a str> {
    let open = clusters.iter().filter(|cluster| cluster.is_open());
    let best = open.max_by(|one, other| {
        let score = |cluster: &ClusterEntry| score(&cluster.name, user, cluster.weight);
        score(one).total_cmp(&score(other)).then_with(|| one.name.cmp(&other.name))
    });
    best.map(|cluster| cluster.name.as_str())
}

fn score(cluster: &str, user: &str, weight: f64) -> f64 {
    let hash = xxh3_64_with_seed(format!("{cluster}\0{user}").as_bytes(), SEED);
    // 52 bits and a half, which a double holds exactly, so that it is neither 0 nor 1.
    let uniform = ((hash >> 12) as f64 + 0.5) / (1_u64 << 52) as f64;
    -weight / uniform.ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::ClusterState;

    fn clusters(weights: &[(&str, f64)]) -> Vec<ClusterEntry> {
        let entry = |(name, weight): &(&str, f64)| ClusterEntry {
            name: (*name).to_owned(),
            weight: *weight,
            state: ClusterState::Open,
        };
        weights.iter().map(entry).collect()
    }

    fn counts(clusters: &[ClusterEntry], users: u32) -> Vec<u32> {
        let mut counts = vec![0; clusters.len()];
        for user in 0..users {
            let chosen = choose(&format!("user{user}"), clusters).expect("a cluster");
            let index = clusters.iter().position(|it| it.name == chosen).expect("an index");
            counts[index] += 1;
        }
        counts
    }

    #[test]
    fn scores_are_the_same_for_ever() {
        for (cluster, user, weight, expected) in [
            ("c1", "abc", 1.0, 1.179694784512632),
            ("c2", "abc", 1.0, 1.0279444990920121),
            ("c1", "userxyz", 1.0, 1.9455377043818),
            ("c2", "userxyz", 2.5, 0.9074904811052661),
        ] {
            let score = score(cluster, user, weight);
            assert!((score - expected).abs() < 1e-9, "{cluster} {user} {weight}: {score}");
        }
        let three = clusters(&[("c1", 1.0), ("c2", 1.0), ("c3", 1.0)]);
        let chosen = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|user| choose(user, &three));
        assert_eq!(chosen, ["c3", "c3", "c2", "c1", "c1", "c2", "c2", "c1"].map(Some));
    }

    #[test]
    fn each_cluster_has_as_many_users_as_its_weight_says() {
        let counts = counts(&clusters(&[("c1", 1.0), ("c2", 3.0), ("c3", 0.5)]), 45_000);
        for (count, expected) in counts.into_iter().zip([10_000_u32, 30_000, 5_000]) {
            assert!(count.abs_diff(expected) < 400, "{count} of {expected}");
        }
    }

    #[test]
    fn a_new_cluster_takes_users_only_for_itself() {
        let two = clusters(&[("c1", 1.0), ("c2", 2.0)]);
        let three = clusters(&[("c1", 1.0), ("c2", 2.0), ("c3", 1.0)]);
        let mut moved = 0;
        for user in 0..10_000 {
            let user = format!("user{user}");
            let (before, after) = (choose(&user, &two), choose(&user, &three));
            if before != after {
                assert_eq!(after, Some("c3"));
                moved += 1;
            }
        }
        assert!((2_300..2_700).contains(&moved), "{moved}");
    }

    #[test]
    fn only_an_open_cluster_takes_users() {
        let mut two = clusters(&[("c1", 1.0), ("c2", 1.0)]);
        two[0].state = ClusterState::Closed;
        assert_eq!(counts(&two, 100), [0, 100]);
        two[1].state = ClusterState::Closed;
        assert_eq!(choose("abc", &two), None);
    }
}
