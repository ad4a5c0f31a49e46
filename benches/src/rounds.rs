//! Load on several servers in turn, round by round: what disturbs a machine for a while, disturbs all of them.

use std::{
    io,
    time::{Duration, Instant},
};

use clap::Args;

use crate::{
    server::Server,
    wrk::{Load, Run, Running},
};

/// How long load is, and how often.
#[derive(Args, Clone, Copy)]
pub(crate) struct Effort {
    /// How many rounds of load there are.
    #[arg(long, global = true, default_value_t = 21, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub(crate) rounds: u64,
    /// How long the load of a round is, in seconds.
    #[arg(long, global = true, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) seconds: u64,
}

/// How long one server is under load before it is the next one's turn, where they take turns within a round.
const SLICE: Duration = Duration::from_millis(200);

/// What each of the servers did, round by round: one after the other in each.
pub(crate) fn rounds(servers: &[Server], load: &Load, rounds: u64) -> io::Result<Vec<Vec<Run>>> {
    warm_up(servers, load)?;
    let rounds = (0..rounds).map(|_| one_by_one(servers, load)).collect::<io::Result<Vec<_>>>()?;
    Ok(by_server(&rounds))
}

/// Puts a second of load on each of the servers.
pub(crate) fn warm_up(servers: &[Server], load: &Load) -> io::Result<()> {
    let load = load.lasting(1);
    servers.iter().try_for_each(|server| load.run(server.address()).map(|_| ()))
}

/// What each of the servers does in a round: one after the other.
pub(crate) fn one_by_one(servers: &[Server], load: &Load) -> io::Result<Vec<Run>> {
    servers.iter().map(|server| load.run(server.address())).collect()
}

/// What each of the servers does in a round: they take turns, slice by slice, so that what comes and goes within the round
/// disturbs all of them.
///
/// Its times are of no use: who rests while an answer is on its way takes the rest for a part of the time.
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

/// What each of the servers did in all rounds, from what all of them did in each.
pub(crate) fn by_server(rounds: &[Vec<Run>]) -> Vec<Vec<Run>> {
    let servers = rounds.first().map_or(0, Vec::len);
    let of = |server| rounds.iter().filter_map(|runs| runs.get(server).copied()).collect();
    (0..servers).map(of).collect()
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
