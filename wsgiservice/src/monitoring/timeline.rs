//! The last fifteen minutes as columns of equal width.

use std::{iter, time::Duration};

use crate::statistics::{
    Distribution, MethodSlice, MethodSnapshot, SLICE, SLICES, Slice, Snapshot,
};

/// How far back the rates of the present go.
const PRESENT: Duration = Duration::from_secs(60);

/// The last fifteen minutes.
#[derive(Debug)]
pub(super) struct Timeline<'a> {
    snapshot: &'a Snapshot,
    /// For each five seconds, the oldest first, the position of the slice that has their middle.
    columns: Vec<Option<usize>>,
}

impl<'a> Timeline<'a> {
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let slices = &snapshot.slices;
        let end = slices.last().map_or(snapshot.at, |slice| slice.at);
        let age = |slice: &Slice| end.duration_since(slice.at).unwrap_or_default();
        let columns = (0..SLICES as u32).rev().map(|column| {
            let middle = SLICE * column + SLICE / 2;
            let position = slices.iter().position(|slice| age(slice) < middle)?;
            let begins = slices.get(position).map(|slice| age(slice) + slice.length)?;
            (begins >= middle).then_some(position)
        });
        Self { snapshot, columns: columns.collect() }
    }

    /// A value for each five seconds, the oldest first; `None` where nothing is known.
    pub(super) fn values(&self, value: impl Fn(&Slice) -> f64) -> Vec<Option<f64>> {
        let slice = |column: &Option<usize>| self.snapshot.slices.get((*column)?);
        self.columns.iter().map(|column| slice(column).map(&value)).collect()
    }

    /// As [`values`](Self::values), of each slice and the one before it.
    pub(super) fn changes(
        &self,
        value: impl Fn(&Slice, &Slice) -> Option<f64>,
    ) -> Vec<Option<f64>> {
        let slices = &self.snapshot.slices;
        let value = |column: &Option<usize>| {
            let position = (*column)?;
            value(slices.get(position.checked_sub(1)?)?, slices.get(position)?)
        };
        self.columns.iter().map(value).collect()
    }

    /// How long the requests took that ended in each so many columns.
    pub(super) fn durations(&self, width: usize) -> Vec<Distribution> {
        let columns = self.columns.chunks(width).map(|columns| {
            let mut all = Distribution::EMPTY;
            let mut positions: Vec<_> = columns.iter().flatten().collect();
            positions.dedup();
            let slices = positions.into_iter().filter_map(|it| self.snapshot.slices.get(*it));
            slices.for_each(|slice| all.merge(&slice.durations()));
            all
        });
        columns.collect()
    }

    /// How many requests ended per second within the last minute, or within the last slice if that is longer.
    pub(super) fn rate(&self, requests: impl Fn(&Slice) -> u64) -> f64 {
        let (mut sum, mut length) = (0, Duration::ZERO);
        for slice in self.slices() {
            if length >= PRESENT {
                break;
            }
            sum += requests(slice);
            length += slice.length;
        }
        // What has only just begun has no rate yet.
        sum as f64 / length.as_secs_f64().max(1.0)
    }

    /// How long all requests of the fifteen minutes took.
    pub(super) fn all_durations(&self) -> Distribution {
        let mut all = Distribution::EMPTY;
        let methods = self.slices().flat_map(|slice| &slice.methods);
        methods.for_each(|method| method.durations.merge_into(&mut all));
        all
    }

    /// How long those of a method took.
    pub(super) fn durations_of(&self, method: &MethodSnapshot) -> Distribution {
        let mut all = Distribution::EMPTY;
        let slices = self.slices().filter_map(|slice| slice.of(method));
        slices.for_each(|method| method.durations.merge_into(&mut all));
        all
    }

    /// How many of a kind there were in the fifteen minutes.
    pub(super) fn sum(&self, number: impl Fn(&MethodSlice) -> u64) -> u64 {
        self.slices().flat_map(|slice| &slice.methods).map(number).sum()
    }

    /// The last slice that has any of a kind.
    pub(super) fn last_with(&self, number: impl Fn(&MethodSlice) -> u64) -> Option<&Slice> {
        self.slices().find(|slice| sum(slice, &number) > 0)
    }

    /// The slice with the most requests per second.
    pub(super) fn highest(&self) -> Option<&Slice> {
        let all = self.snapshot.slices.iter().filter(|slice| slice.requests() > 0);
        all.max_by(|one, other| {
            per_second(one, one.requests()).total_cmp(&per_second(other, other.requests()))
        })
    }

    /// All slices, the newest first.
    fn slices(&self) -> impl Iterator<Item = &Slice> {
        iter::once(&self.snapshot.current).chain(self.snapshot.slices.iter().rev())
    }
}

/// How many of a kind a slice has.
pub(super) fn sum(slice: &Slice, number: impl Fn(&MethodSlice) -> u64) -> u64 {
    slice.methods.iter().map(number).sum()
}

/// How many that is per second.
pub(super) fn per_second(slice: &Slice, number: u64) -> f64 {
    number as f64 / slice.length.as_secs_f64().max(1.0)
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;
    use crate::monitoring::fixtures::{slice, snapshot};

    fn at(second: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(second)
    }

    /// The slices with these ends, lengths and numbers of requests.
    fn told(slices: &[(u64, u64, u64)]) -> Snapshot {
        let slices = slices.iter().map(|(end, length, requests)| Slice {
            at: at(*end),
            length: Duration::from_secs(*length),
            ..slice(*requests, 1)
        });
        let current = Slice { length: Duration::ZERO, ..slice(0, 0) };
        Snapshot { slices: slices.collect(), current, ..snapshot(0) }
    }

    fn requests(slices: &[(u64, u64, u64)]) -> Vec<Option<f64>> {
        let snapshot = told(slices);
        let values = Timeline::of(&snapshot).values(|slice| slice.requests() as f64);
        assert_eq!(values.len(), SLICES);
        values
    }

    #[test]
    fn the_newest_slice_is_the_last_column() {
        let values = requests(&[(1000, 5, 1), (1005, 5, 2), (1010, 5, 3)]);
        assert_eq!(values[SLICES - 4..], [None, Some(1.0), Some(2.0), Some(3.0)]);
    }

    #[test]
    fn a_long_slice_has_several_columns() {
        let values = requests(&[(1000, 5, 1), (1015, 15, 2), (1020, 5, 3)]);
        let expected = [None, Some(1.0), Some(2.0), Some(2.0), Some(2.0), Some(3.0)];
        assert_eq!(values[SLICES - 6..], expected);
    }

    #[test]
    fn what_is_older_than_fifteen_minutes_is_not_shown() {
        assert_eq!(requests(&[(10, 5, 1), (2000, 5, 2)])[..SLICES - 1], vec![None; SLICES - 1]);
        let none = Snapshot { slices: Vec::new(), ..snapshot(0) };
        assert_eq!(Timeline::of(&none).values(|_| 1.0), vec![None; SLICES]);
    }

    #[test]
    fn a_clock_that_goes_back_does_no_harm() {
        requests(&[(2000, 5, 1), (1000, 5, 2)]);
    }

    #[test]
    fn the_rate_is_that_of_the_last_minute() {
        let minutes: Vec<_> =
            (0..36).map(|it| (5 * it, 5, if it < 24 { 1000 } else { 5 })).collect();
        let snapshot = told(&minutes);
        assert_eq!(Timeline::of(&snapshot).rate(Slice::requests), 1.0);
        assert_eq!(Timeline::of(&told(&[(900, 900, 450)])).rate(Slice::requests), 0.5);
    }
}
