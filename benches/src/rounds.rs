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
    #[arg(long, global = true, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=100))]
    pub(crate) rounds: u64,
    /// How long the load of a round is, in seconds.
    #[arg(long, global = true, default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) seconds: u64,
}

/// How long one server is under load before it is the next one's turn, where they take turns within a round.
const SLICE: Duration = Duration::from_millis(200);

/// What each of the servers did, round by round: one after the other in each.
pub(crate) fn rounds(servers: &[Server], load: &Load, rounds: u64) -> io::Result<Vec<Vec<Run>>> {
    each_round(servers, load, rounds, || {
        servers.iter().map(|server| load.run(server.address())).collect()
    })
}

/// What each of the servers did, round by round: in each they take turns, slice by slice, so that what comes and goes within
/// a round disturbs all of them.
///
/// Its times are of no use: who rests while an answer is on its way takes the rest for a part of the time.
pub(crate) fn sliced_rounds(
    servers: &[Server],
    load: &Load,
    rounds: u64,
) -> io::Result<Vec<Vec<Run>>> {
    each_round(servers, load, rounds, || in_slices(servers, load))
}

fn each_round(
    servers: &[Server],
    load: &Load,
    rounds: u64,
    round: impl Fn() -> io::Result<Vec<Run>>,
) -> io::Result<Vec<Vec<Run>>> {
    let warming = load.lasting(1);
    for server in servers {
        warming.run(server.address())?;
    }
    let mut runs = vec![Vec::new(); servers.len()];
    for _ in 0..rounds {
        runs.iter_mut().zip(round()?).for_each(|(runs, run)| runs.push(run));
    }
    Ok(runs)
}

fn in_slices(servers: &[Server], load: &Load) -> io::Result<Vec<Run>> {
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
