//! Load on several servers in turn, round by round, so that a disturbance of the machine affects all of them.

use std::{
    io,
    time::{Duration, Instant},
};

use clap::Args;

use crate::{
    server::Server,
    wrk::{Load, Run, Running},
};

/// The duration and the number of measurements.
#[derive(Args, Clone, Copy)]
pub(crate) struct Effort {
    /// The number of rounds.
    #[arg(long, global = true, default_value_t = 21, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub(crate) rounds: u64,
    /// The duration of a round, in seconds.
    #[arg(long, global = true, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) seconds: u64,
}

/// How long one server is under load before the next one's turn, if they take turns within a round.
const SLICE: Duration = Duration::from_millis(200);

/// Puts load on each server for one second.
pub(crate) fn warm_up(servers: &[Server], load: &Load) -> io::Result<()> {
    let load = load.lasting(1);
    servers.iter().try_for_each(|server| load.run(server.address()).map(|_| ()))
}

/// Measures one round, one server after the other.
pub(crate) fn one_by_one(servers: &[Server], load: &Load) -> io::Result<Vec<Run>> {
    servers.iter().map(|server| load.run(server.address())).collect()
}

/// Measures one round in which the servers take turns in time slices, so that a short disturbance affects all of them.
///
/// The latencies of these runs are meaningless: they include the time during which a client is stopped.
pub(crate) fn in_slices(servers: &[Server], load: &Load) -> io::Result<Vec<Run>> {
    let seconds = load.seconds.saturating_mul(servers.len() as u64);
    let (begin, most) = (Instant::now(), Duration::from_secs(seconds));
    let load = load.lasting(seconds);
    let mut runs = Vec::new();
    for server in servers {
        let mut run = load.start(server.address())?;
        run.go_on_for(SLICE)?;
        runs.push(run);
    }
    while begin.elapsed() + SLICE < most {
        runs.iter_mut().try_for_each(|run| run.go_on_for(SLICE))?;
    }
    runs.into_iter().map(Running::end).collect()
}

/// Groups the runs of each round by server.
pub(crate) fn by_server(rounds: &[Vec<Run>]) -> Vec<Vec<Run>> {
    let servers = rounds.first().map_or(0, Vec::len);
    let of = |server| rounds.iter().filter_map(|runs| runs.get(server).copied()).collect();
    (0..servers).map(of).collect()
}

/// Extracts a figure from all runs.
pub(crate) fn each(runs: &[Vec<Run>], figure: fn(&Run) -> f64) -> Vec<Vec<f64>> {
    runs.iter().map(|runs| runs.iter().map(figure).collect()).collect()
}

/// The median; for an even number of values, the mean of the middle two.
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
