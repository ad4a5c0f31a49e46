//! The last fifteen minutes, so that a page has a past when it is opened.

use std::{
    collections::VecDeque,
    ops::RangeInclusive,
    time::{Duration, Instant, SystemTime},
};

use super::{
    MethodLabel, MethodSnapshot, Route, Totals,
    durations::{Distribution, PackedDistribution},
    process::ProcessLoad,
};

/// How long a slice is.
pub(crate) const SLICE: Duration = Duration::from_secs(5);

/// How many slices are kept: fifteen minutes.
pub(crate) const SLICES: usize = 180;

/// The last fifteen minutes.
#[derive(Debug)]
pub(super) struct History {
    slices: VecDeque<Slice>,
    /// What was counted at the end of the last slice.
    before: Totals,
    /// When the last slice ended.
    last: Instant,
    /// When the current one ends. If the last one ended late, this one is shorter.
    end: Instant,
}

/// What happened within a few seconds.
#[derive(Clone, Debug)]
pub(crate) struct Slice {
    /// When it ended.
    pub(crate) at: SystemTime,
    /// How long it was: longer than usual if nobody looked in time.
    pub(crate) length: Duration,
    /// The requests in flight at its end.
    pub(crate) in_flight: u64,
    /// The connections that were open at its end.
    pub(crate) connections: u64,
    /// What the process used until its end.
    pub(crate) process: ProcessLoad,
    /// The methods that had requests, in the order of their routes and labels.
    pub(crate) methods: Vec<MethodSlice>,
}

/// The requests of a method that ended within a slice.
#[derive(Clone, Debug)]
pub(crate) struct MethodSlice {
    pub(crate) route: Route,
    pub(crate) method: MethodLabel,
    pub(crate) requests: u64,
    pub(crate) redirections: u64,
    pub(crate) client_errors: u64,
    pub(crate) server_errors: u64,
    pub(crate) durations: PackedDistribution,
}

/// What is read at the end of a slice, beside the counters.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gauges {
    pub(super) at: SystemTime,
    pub(super) connections: u64,
    pub(super) process: ProcessLoad,
}

impl History {
    pub(super) fn new(now: Instant) -> Self {
        Self { slices: VecDeque::new(), before: Totals::new(), last: now, end: now + SLICE }
    }

    /// Whether the current slice is over.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        now >= self.end
    }

    /// Ends the current slice.
    pub(super) fn add(&mut self, now: Instant, totals: Totals, gauges: Gauges) {
        let slice = self.current(now, &totals, gauges);
        if self.slices.len() == SLICES {
            self.slices.pop_front();
        }
        let is_on_time = now < self.end + SLICE;
        self.end = if is_on_time { self.end + SLICE } else { now + SLICE };
        self.last = now;
        self.slices.push_back(slice);
        self.before = totals;
    }

    /// The current slice as far as it has come.
    pub(super) fn current(&self, now: Instant, totals: &Totals, gauges: Gauges) -> Slice {
        let Gauges { at, connections, process } = gauges;
        let methods = totals.iter().filter_map(|(key, after)| {
            let before = self.before.get(key);
            let requests_with = |statuses: RangeInclusive<u16>| {
                let sum = |totals: &super::SeriesTotals| -> u64 {
                    let statuses = totals.statuses.range(statuses.clone());
                    statuses.map(|(_, status)| status.requests()).sum()
                };
                sum(after).saturating_sub(before.map_or(0, sum))
            };
            let empty = Distribution::EMPTY;
            let before = before.map_or(empty, super::SeriesTotals::durations);
            let durations = after.durations().since(&before);
            let requests = durations.count();
            (requests > 0).then(|| MethodSlice {
                route: key.0,
                method: key.1,
                requests,
                redirections: requests_with(300..=399),
                client_errors: requests_with(400..=499),
                // A client takes a status of no class for an error of the server (RFC 9110, section 15).
                server_errors: requests_with(500..=u16::MAX),
                durations: durations.pack(),
            })
        });
        Slice {
            at,
            length: now.saturating_duration_since(self.last),
            in_flight: totals.values().map(super::SeriesTotals::in_flight).sum(),
            connections,
            process,
            methods: methods.collect(),
        }
    }

    pub(super) fn slices(&self) -> impl Iterator<Item = &Slice> {
        self.slices.iter()
    }
}

impl Slice {
    /// How many requests ended.
    pub(crate) fn requests(&self) -> u64 {
        self.methods.iter().map(|method| method.requests).sum()
    }

    /// The requests of a method that ended, if there were any.
    pub(crate) fn of(&self, method: &MethodSnapshot) -> Option<&MethodSlice> {
        let key = (method.route, method.label);
        let position = self.methods.binary_search_by_key(&key, |it| (it.route, it.method)).ok()?;
        self.methods.get(position)
    }

    /// How many requests of a method ended.
    pub(crate) fn requests_of(&self, method: &MethodSnapshot) -> u64 {
        self.of(method).map_or(0, |method| method.requests)
    }

    /// How long all requests took.
    pub(crate) fn durations(&self) -> Distribution {
        let mut all = Distribution::EMPTY;
        self.methods.iter().for_each(|method| method.durations.merge_into(&mut all));
        all
    }
}

impl MethodSlice {
    /// How many requests got none of the other statuses.
    pub(crate) fn successes(&self) -> u64 {
        let others = self.redirections + self.client_errors + self.server_errors;
        self.requests.saturating_sub(others)
    }
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::{
        super::{
            Series,
            series::{Ended, SeriesTotals},
        },
        *,
    };

    /// What is counted when so many requests with this status have ended.
    fn totals(requests: u64, status: u16) -> Totals {
        let series = Series::default();
        for _ in 0..requests {
            series.begin();
            series.end(Ended { status, nanos: 2_000_000, received: 0, sent: 0 });
        }
        series.begin();
        let mut totals = SeriesTotals::default();
        series.read(&mut totals);
        series.read_begun(&mut totals);
        Totals::from([((Route::at(0), MethodLabel::of(&Method::GET)), totals)])
    }

    fn gauges(connections: u64) -> Gauges {
        Gauges { at: SystemTime::now(), connections, process: ProcessLoad::default() }
    }

    #[test]
    fn a_slice_has_what_happened_since_the_one_before() {
        let start = Instant::now();
        let mut history = History::new(start);
        assert!(!history.is_due(start + SLICE - Duration::from_millis(1)));
        for (number, requests) in [3, 5, 5].into_iter().enumerate() {
            let now = start + SLICE * (number as u32 + 1);
            assert!(history.is_due(now));
            history.add(now, totals(requests, 503), gauges(2));
        }
        let slices: Vec<_> = history.slices().collect();
        assert_eq!(slices.iter().map(|it| it.requests()).collect::<Vec<_>>(), [3, 2, 0]);
        let [first, ..] = &*slices else { panic!("slices") };
        assert_eq!((first.in_flight, first.connections, first.length), (1, 2, SLICE));
        assert_eq!((first.methods[0].server_errors, first.methods[0].client_errors), (3, 0));
        assert_eq!(first.durations().count(), 3);
        let current = history.current(start + SLICE * 4, &totals(9, 503), gauges(2));
        assert_eq!((current.requests(), current.length), (4, SLICE));
    }

    #[test]
    fn fifteen_minutes_are_kept() {
        let start = Instant::now();
        let mut history = History::new(start);
        for number in 0..200 {
            history.add(start + SLICE * number, Totals::new(), gauges(number.into()));
        }
        assert_eq!(history.slices().count(), 180);
        assert_eq!(history.slices().next().map(|slice| slice.connections), Some(20));
    }

    #[test]
    fn slices_that_end_late_are_as_long_as_what_they_count() {
        let start = Instant::now();
        let mut history = History::new(start);
        for (second, requests) in [(9, 9), (10, 10), (17, 17), (20, 20)] {
            let now = start + Duration::from_secs(second);
            assert!(history.is_due(now), "{second}");
            history.add(now, totals(requests, 200), gauges(0));
        }
        let slices = history.slices().map(|it| (it.length.as_secs(), it.requests()));
        assert_eq!(slices.collect::<Vec<_>>(), [(9, 9), (1, 1), (7, 7), (3, 3)]);
    }

    #[test]
    fn a_slice_that_nobody_ended_in_time_is_longer() {
        let start = Instant::now();
        let mut history = History::new(start);
        history.add(start + 20 * SLICE, totals(1, 200), gauges(0));
        assert_eq!(history.slices().next().map(|slice| slice.length), Some(20 * SLICE));
        assert!(!history.is_due(start + 20 * SLICE));
    }
}
