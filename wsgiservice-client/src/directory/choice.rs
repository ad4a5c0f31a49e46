//! Which endpoint a request is sent to.

use std::sync::Arc;

use crate::endpoint::{Ejection, Endpoint, InFlight, Standing};

/// What an endpoint is chosen for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish<'a> {
    /// The endpoints that the call was sent to already.
    pub(crate) tried: &'a [Arc<Endpoint>],
    /// Whether the call may be the one that tries an endpoint which was ejected.
    pub(crate) may_try: bool,
    /// Whether there is no other cluster. Then half of the endpoints that fail stay.
    pub(crate) is_last: bool,
    /// Whether an endpoint may be chosen again.
    pub(crate) again: bool,
    /// Whether an endpoint may be chosen that was ejected, since none is left.
    pub(crate) all: bool,
}

/// Which endpoint a request is sent to.
#[derive(Debug)]
pub(crate) enum Choice {
    /// It has a place for the request.
    Endpoint(Arc<Endpoint>, InFlight),
    /// Each endpoint that could be chosen has as many calls as it may.
    Full,
    Nothing,
}

/// Chooses an endpoint: of two that are drawn, the one with the fewer calls in flight and the shorter responses.
pub(crate) fn choose(endpoints: &[Arc<Endpoint>], wish: Wish<'_>) -> Choice {
    let is_open =
        |it: &&Arc<Endpoint>| wish.again || !wish.tried.iter().any(|tried| Arc::ptr_eq(tried, it));
    if wish.may_try
        && let Some(due) = endpoints.iter().filter(is_open).find(|it| is_due(it))
        && let Some(place) = due.enter()
        && due.record.try_again()
    {
        return Choice::Endpoint(Arc::clone(due), place);
    }
    let kept = if wish.is_last { kept(endpoints) } else { Vec::new() };
    let is_in_service = |it: &&Arc<Endpoint>| match it.record.standing() {
        Standing::InService => true,
        Standing::Resting => false,
        Standing::Out(_) | Standing::Due(_) => kept.iter().any(|kept| Arc::ptr_eq(kept, it)),
    };
    match wish.all {
        true => draw(endpoints.iter().filter(is_open)),
        false => draw(endpoints.iter().filter(is_open).filter(is_in_service)),
    }
}

fn is_due(endpoint: &Endpoint) -> bool {
    endpoint.has_room() && matches!(endpoint.record.standing(), Standing::Due(_))
}

/// Half of the endpoints that fail, rounded up: those that had a response most often.
fn kept(endpoints: &[Arc<Endpoint>]) -> Vec<Arc<Endpoint>> {
    let rate = |it: &Arc<Endpoint>| match it.record.standing() {
        Standing::Out(Ejection::Failing { rate }) | Standing::Due(Ejection::Failing { rate }) => {
            Some(rate)
        }
        _ => None,
    };
    let mut failing: Vec<_> =
        endpoints.iter().filter_map(|it| Some((rate(it)?, Arc::clone(it)))).collect();
    failing.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    failing.truncate(failing.len().div_ceil(2));
    failing.into_iter().map(|(_, endpoint)| endpoint).collect()
}

/// The better of two endpoints that are drawn.
fn draw<'a>(mut endpoints: impl Iterator<Item = &'a Arc<Endpoint>> + Clone) -> Choice {
    let with_room = endpoints.clone().filter(|it| it.has_room());
    let nth = |index: usize| with_room.clone().nth(index);
    let drawn = match with_room.clone().count() {
        0 => None,
        1 => nth(0),
        count => {
            let first = fastrand::usize(..count);
            let second = (first + fastrand::usize(1..count)) % count;
            match (nth(first), nth(second)) {
                (Some(one), Some(other)) => Some(better(one, other, with_room.clone())),
                (one, other) => one.or(other),
            }
        }
    };
    match drawn.and_then(|endpoint| Some((endpoint, endpoint.enter()?))) {
        Some((endpoint, place)) => Choice::Endpoint(Arc::clone(endpoint), place),
        None if endpoints.next().is_some() => Choice::Full,
        None => Choice::Nothing,
    }
}

fn better<'a>(
    one: &'a Arc<Endpoint>,
    other: &'a Arc<Endpoint>,
    all: impl Iterator<Item = &'a Arc<Endpoint>>,
) -> &'a Arc<Endpoint> {
    let (average, other_average) = (one.record.average(), other.record.average());
    // An endpoint without a measurement is as fast as the others, so that not all calls rush to it.
    let unknown = match (average, other_average) {
        (Some(_), Some(_)) => 0.0,
        _ => median(all),
    };
    let load = |endpoint: &Endpoint, average: Option<f64>| {
        (endpoint.in_flight() + 1) as f64 * average.unwrap_or(unknown)
    };
    match load(other, other_average) < load(one, average) {
        true => other,
        false => one,
    }
}

fn median<'a>(endpoints: impl Iterator<Item = &'a Arc<Endpoint>>) -> f64 {
    let mut averages: Vec<_> = endpoints.filter_map(|it| it.record.average()).collect();
    averages.sort_by(f64::total_cmp);
    averages.get(averages.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::endpoint::Mark;

    fn endpoints(count: u16) -> Vec<Arc<Endpoint>> {
        (0..count).map(Endpoint::unreachable).collect()
    }

    fn marked(endpoint: &Endpoint, mark: Mark, times: u32, millis: u64) {
        for _ in 0..times {
            endpoint.record.mark(mark, Duration::from_millis(millis));
        }
    }

    /// How often each endpoint is chosen of a hundred times.
    fn chosen(endpoints: &[Arc<Endpoint>], wish: Wish<'_>) -> Vec<usize> {
        let mut times = vec![0; endpoints.len()];
        for _ in 0..100 {
            if let Choice::Endpoint(chosen, _) = choose(endpoints, wish) {
                times[endpoints
                    .iter()
                    .position(|it| Arc::ptr_eq(it, &chosen))
                    .expect("one of them")] += 1;
            }
        }
        times
    }

    const FIRST: Wish<'_> =
        Wish { tried: &[], may_try: false, is_last: true, again: false, all: false };

    #[tokio::test(start_paused = true)]
    async fn the_faster_of_two_is_chosen() {
        let all = endpoints(2);
        marked(&all[0], Mark::Good, 1, 100);
        marked(&all[1], Mark::Good, 1, 10);
        assert_eq!(chosen(&all, FIRST), [0, 100]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_without_a_measurement_is_as_fast_as_the_median() {
        let all = endpoints(4);
        for (endpoint, millis) in all.iter().zip([10, 20, 30]) {
            marked(endpoint, Mark::Good, 1, millis);
        }
        let times = chosen(&all, FIRST);
        assert!(times[3] > 0 && times[3] < 80, "{times:?}");
        assert!(times[0] > times[2], "{times:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_that_was_tried_is_chosen_only_again() {
        let all = endpoints(2);
        let tried = [Arc::clone(&all[0])];
        assert_eq!(chosen(&all, Wish { tried: &tried, ..FIRST }), [0, 100]);
        let tried = [Arc::clone(&all[0]), Arc::clone(&all[1])];
        assert!(matches!(choose(&all, Wish { tried: &tried, ..FIRST }), Choice::Nothing));
        assert_eq!(
            chosen(&all, Wish { tried: &tried, again: true, ..FIRST }).iter().sum::<usize>(),
            100
        );
    }

    #[tokio::test(start_paused = true)]
    async fn any_number_of_endpoints_can_be_out_while_there_is_another_cluster() {
        let all = endpoints(3);
        for endpoint in &all {
            marked(endpoint, Mark::Failed, 5, 1);
        }
        assert!(matches!(choose(&all, Wish { is_last: false, ..FIRST }), Choice::Nothing));
    }

    #[tokio::test(start_paused = true)]
    async fn half_of_those_that_fail_stay_in_the_last_cluster() {
        let all = endpoints(3);
        for (endpoint, good) in all.iter().zip([3, 1, 2]) {
            marked(endpoint, Mark::Good, good, 1);
            marked(endpoint, Mark::Failed, 5, 1);
        }
        let times = chosen(&all, FIRST);
        assert_eq!(times[1], 0, "{times:?}");
        assert!(times[0] + times[2] == 100, "{times:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn all_can_be_chosen_if_none_is_left() {
        let all = endpoints(2);
        for endpoint in &all {
            marked(endpoint, Mark::Refused, 5, 1);
        }
        assert_eq!(chosen(&all, FIRST), [0, 0]);
        assert_eq!(chosen(&all, Wish { all: true, ..FIRST }).iter().sum::<usize>(), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn one_safe_call_tries_an_endpoint_that_was_ejected() {
        let all = endpoints(2);
        marked(&all[0], Mark::Good, 1, 1);
        marked(&all[1], Mark::Refused, 5, 1);
        tokio::time::advance(Duration::from_secs(7)).await;
        assert_eq!(chosen(&all, FIRST), [100, 0], "a call that changes something does not try");
        assert_eq!(chosen(&all, Wish { may_try: true, ..FIRST }), [99, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_endpoint_without_a_place_is_not_tried() {
        let all = endpoints(1);
        let places: Vec<_> = std::iter::from_fn(|| all[0].enter()).collect();
        marked(&all[0], Mark::Refused, 5, 1);
        tokio::time::advance(Duration::from_secs(7)).await;
        let wish = Wish { may_try: true, ..FIRST };
        assert!(matches!(choose(&all, wish), Choice::Nothing));
        drop(places);
        assert!(matches!(choose(&all, wish), Choice::Endpoint(..)));
    }
}
