//! Load on several servers in turn, round by round: what disturbs a machine for a while, disturbs all of them.

use std::io;

use clap::Args;

use crate::{
    server::Server,
    wrk::{Load, Run},
};

/// How long load is, and how often.
#[derive(Args, Clone, Copy)]
pub(crate) struct Effort {
    /// How many rounds of load there are.
    #[arg(long, global = true, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub(crate) rounds: u64,
    /// How long the load of a round is, in seconds.
    #[arg(long, global = true, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) seconds: u64,
}

/// What each of the servers did, round by round.
pub(crate) fn rounds(servers: &[Server], load: &Load, rounds: u64) -> io::Result<Vec<Vec<Run>>> {
    let warming =
        Load { seconds: 1, target: load.target.clone(), script: load.script.clone(), ..*load };
    for server in servers {
        warming.run(server.address())?;
    }
    let mut runs = vec![Vec::new(); servers.len()];
    for _ in 0..rounds {
        for (server, runs) in servers.iter().zip(&mut runs) {
            runs.push(load.run(server.address())?);
        }
    }
    Ok(runs)
}

/// A figure of all rounds of all servers.
pub(crate) fn each(runs: &[Vec<Run>], figure: fn(&Run) -> f64) -> Vec<Vec<f64>> {
    runs.iter().map(|runs| runs.iter().map(figure).collect()).collect()
}

/// The value in the middle; of two, the mean.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match (values.len() % 2, values.get(middle)) {
        (0, Some(upper)) => (values[middle - 1] + upper) / 2.0,
        (_, Some(middle)) => *middle,
        (_, None) => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 9.0]), 3.0);
        assert!(median(&[]).is_nan());
    }
}
