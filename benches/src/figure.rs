//! A row of the table: a figure of each subject, the comparison of ours with hyper's, and the goals.

use std::fmt;

use crate::{
    rounds::median,
    table::{Table, number},
};

/// A bound of a figure.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

/// The required and the desired bound of a figure.
pub(crate) struct Goals {
    pub(crate) must: Bound,
    pub(crate) goal: Bound,
    pub(crate) unit: &'static str,
}

/// A figure of each subject, ours first and hyper's second.
pub(crate) struct Figure {
    name: &'static str,
    cells: Vec<String>,
    comparison: String,
    goals: Option<Goals>,
    /// The value that the goals apply to, if it was measured.
    decisive: Option<f64>,
}

impl Figure {
    /// One value per subject; the goals apply to ours.
    pub(crate) fn of_each(name: &'static str, values: &[f64], digits: usize) -> Self {
        Self {
            name,
            cells: values.iter().map(|value| number(*value, digits)).collect(),
            comparison: String::new(),
            goals: None,
            decisive: values.first().copied(),
        }
    }

    /// One value per subject; the goals apply to the ratio of ours to hyper's.
    pub(crate) fn ratio(name: &'static str, values: &[f64], digits: usize) -> Self {
        Self::of_each(name, values, digits).compared(quotient(values))
    }

    /// One value per subject; the goals apply to the difference between ours and hyper's.
    pub(crate) fn difference(name: &'static str, values: &[f64], digits: usize) -> Self {
        let difference = pair(values).map(|(ours, theirs)| ours - theirs);
        let comparison = difference.map(|value| format!("{value:+.digits$}")).unwrap_or_default();
        Self { comparison, decisive: difference, ..Self::of_each(name, values, digits) }
    }

    /// One value per subject and round, shown as median, minimum and maximum.
    ///
    /// The goals apply to the median of the rounds' ratios of ours to hyper's.
    pub(crate) fn of_rounds(name: &'static str, rounds: &[Vec<f64>], digits: usize) -> Self {
        let ratios = match rounds {
            [ours, theirs, ..] => ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs),
            _ => return Self::missing(name, "not measured"),
        };
        let ratio = median(&ratios.collect::<Vec<_>>());
        let cells = rounds.iter().map(|values| spread(values, digits)).collect();
        Self { cells, ..Self::of_each(name, &[], digits) }.compared(Some(ratio))
    }

    /// A figure that cannot be measured, with the reason.
    pub(crate) fn missing(name: &'static str, why: &str) -> Self {
        let cells = vec![why.to_owned()];
        Self { cells, ..Self::of_each(name, &[], 0) }
    }

    /// Sets the goals.
    pub(crate) fn goals(self, must: Bound, goal: Bound, unit: &'static str) -> Self {
        Self { goals: Some(Goals { must, goal, unit }), ..self }
    }

    fn compared(self, ratio: Option<f64>) -> Self {
        let comparison = ratio.map(|ratio| format!("{ratio:.3}")).unwrap_or_default();
        Self { comparison, decisive: ratio, ..self }
    }

    fn row(self, subjects: usize) -> Vec<String> {
        let mut row = vec![self.name.to_owned()];
        row.extend(self.cells);
        row.resize(subjects + 1, String::new());
        row.push(self.comparison);
        let goals =
            self.goals.map(|goals| [goals.must, goals.goal].map(|bound| (bound, goals.unit)));
        let cell = |(bound, unit)| told(bound, unit, self.decisive);
        row.extend(goals.map(|goals| goals.map(cell)).unwrap_or_default());
        row
    }
}

/// Builds a table of the figures, with a column for each name.
pub(crate) fn table(names: &[&str], figures: impl IntoIterator<Item = Figure>) -> Table {
    let columns = ["figure"].iter().chain(names).chain(&["ours to hyper's", "must", "goal"]);
    let mut table = Table::new(columns.copied());
    for figure in figures {
        table.add(figure.row(names.len()));
    }
    table
}

impl Bound {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(formatter, "≤ {most}"),
            Self::AtLeast(least) => write!(formatter, "≥ {least}"),
        }
    }
}

/// Formats a bound, and whether the value meets it.
fn told(bound: Bound, unit: &str, value: Option<f64>) -> String {
    let verdict = match value.map(|value| bound.holds(value)) {
        Some(true) => ": yes",
        Some(false) => ": no",
        None => "",
    };
    format!("{bound}{unit}{verdict}")
}

/// Formats the median, the minimum and the maximum.
fn spread(values: &[f64], digits: usize) -> String {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let [middle, least, most] = [median(values), least, most].map(|value| number(value, digits));
    format!("{middle} ({least}–{most})")
}

/// The values of ours and of hyper's.
fn pair(values: &[f64]) -> Option<(f64, f64)> {
    values.first().copied().zip(values.get(1).copied())
}

fn quotient(values: &[f64]) -> Option<f64> {
    pair(values).map(|(ours, theirs)| ours / theirs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_states_whether_its_goals_are_met() {
        let figure = Figure::ratio("instructions", &[9_500.0, 10_000.0, 15_000.0], 0);
        let row = figure.goals(Bound::AtMost(1.0), Bound::AtMost(0.9), "").row(3);
        let expected =
            ["instructions", "9,500", "10,000", "15,000", "0.950", "≤ 1: yes", "≤ 0.9: no"];
        assert_eq!(row, expected);
    }

    #[test]
    fn the_ratio_of_rounds_is_the_median_of_their_ratios() {
        let rounds = [vec![10.0, 30.0, 20.0], vec![10.0, 10.0, 10.0]];
        let row = Figure::of_rounds("requests", &rounds, 0).row(2);
        assert_eq!(row[..4], ["requests", "20 (10–30)", "10 (10–10)", "2.000"]);
    }

    #[test]
    fn a_difference_is_shown_with_its_sign() {
        let figure = Figure::difference("size", &[11.2, 10.0], 1);
        let row = figure.goals(Bound::AtMost(1.5), Bound::AtMost(0.8), " MB").row(2);
        assert_eq!(row, ["size", "11.2", "10.0", "+1.2", "≤ 1.5 MB: yes", "≤ 0.8 MB: no"]);
    }

    #[test]
    fn a_missing_figure_has_goals_and_no_verdict() {
        let figure = Figure::missing("p99", "wrk not found");
        let row = figure.goals(Bound::AtMost(1.1), Bound::AtMost(1.0), "").row(3);
        assert_eq!(row, ["p99", "wrk not found", "", "", "", "≤ 1.1", "≤ 1"]);
    }
}
