//! Charts as inline SVG. A value is drawn for as long as it stays the same, so that what is quiet takes little space.

use std::{collections::BTreeMap, fmt::Write, iter, time::Duration};

use maud::{Markup, PreEscaped, html};

use crate::statistics::Distribution;

/// The height of a chart, in units.
const HEIGHT: u32 = 60;

/// The height of the line in a row of a table.
const LINE_HEIGHT: u32 = 15;

/// How many columns a point of a line has.
const LINE_STEP: usize = 6;

/// The fewest rows of a heat map, of which two are a factor of two.
const FEWEST_ROWS: i32 = 12;

/// From which share of its column on a cell has each of its shades, the darkest first. Their steps are not equal, so that the few
/// slow requests stay visible.
const SHADES: [(f64, &str); 5] =
    [(0.25, "shade5"), (0.1, "shade4"), (0.03, "shade3"), (0.01, "shade2"), (0.0, "shade1")];

/// Areas on top of each other, the lowest one first, each with its class; `text` tells the value at the top.
pub(super) fn areas(
    label: &str,
    series: &[(&str, Vec<Option<f64>>)],
    text: fn(f64) -> String,
) -> Markup {
    let columns = series.iter().map(|(_, values)| values.len()).max().unwrap_or_default();
    let mut tops = vec![None; columns];
    let mut stacked = Vec::new();
    for (class, values) in series {
        for (top, value) in tops.iter_mut().zip(values) {
            *top = value.map(|value| value + top.unwrap_or(0.0));
        }
        stacked.push((class, tops.clone()));
    }
    let highest = highest(&tops);
    // The largest area first: the ones below cover a part of it.
    let paths = stacked.iter().rev().zip(series.iter().rev());
    let paths = paths.filter(|(_, (_, values))| highest_is_positive(values));
    let paths = paths.map(|((class, tops), _)| (class, area(&heights(tops, highest, HEIGHT))));
    html! {
        div.frame {
            svg.chart viewBox={ "0 0 " (columns) " " (HEIGHT) } preserveAspectRatio="none" role="img" aria-label=(label) {
                @for (class, data) in paths { (path(class, &data)) }
            }
            @if highest > 0.0 { span.top { (text(highest)) } }
        }
    }
}

/// A line in a row of a table. It is for the eyes only.
pub(super) fn line(values: &[Option<f64>]) -> Markup {
    let points: Vec<_> = values.chunks(LINE_STEP).map(mean).collect();
    let heights = heights(&points, highest(&points), LINE_HEIGHT);
    let data = steps(&heights, LINE_HEIGHT, "");
    html! {
        svg.line viewBox={ "0 -1 " (points.len()) " " (LINE_HEIGHT + 2) } preserveAspectRatio="none" aria-hidden="true" {
            (path("", &data))
        }
    }
}

/// A bar whose parts have these classes and sizes. It is for the eyes only: the sizes are beside it in words.
pub(super) fn bar(parts: &[(&str, u64)]) -> Markup {
    let whole: u64 = parts.iter().map(|(_, size)| size).sum();
    let parts = parts.iter().filter(|(_, size)| *size > 0);
    let parts = parts.scan(0, |end, (class, size)| {
        // What is rare is visible, too.
        let width = ((*size as f64 / whole as f64 * 100.0).round() as u32).max(2);
        let start = std::mem::replace(end, *end + width);
        Some((*class, format!("M{start} 0h{width}")))
    });
    html! {
        svg.bar viewBox="0 -.5 100 1" preserveAspectRatio="none" aria-hidden="true" {
            @for (class, data) in parts { (path(class, &data)) }
        }
    }
}

/// A heat map of durations: each column is a time, each row a duration, and the shade tells how many requests of the column took
/// that long; `text` tells the durations at its ends.
pub(super) fn heat_map(
    label: &str,
    columns: &[Distribution],
    text: fn(Duration) -> String,
) -> Markup {
    let columns: Vec<_> = columns.iter().map(rows).collect();
    let ends = columns.iter().flat_map(BTreeMap::keys);
    match ends.clone().min().zip(ends.max()) {
        Some((lowest, highest)) => {
            let highest = *highest.max(&(lowest + FEWEST_ROWS - 1));
            cells(label, &columns, (*lowest, highest), text)
        }
        None => html! { div.chart {} },
    }
}

/// The cells of a heat map, from its lowest row to its highest one.
fn cells(
    label: &str,
    columns: &[BTreeMap<i32, u64>],
    (lowest, highest): (i32, i32),
    text: fn(Duration) -> String,
) -> Markup {
    let paths = SHADES.iter().rev().map(|(_, class)| {
        let mut path = String::new();
        for row in lowest..=highest {
            let cells: Vec<_> = columns.iter().map(|column| shade(column, row)).collect();
            for (start, found, length) in runs(&cells) {
                if found == Some(class) {
                    let _ = write!(path, "M{start} {}h{length}", highest - row);
                }
            }
        }
        (class, path)
    });
    let paths: Vec<_> = paths.filter(|(_, path)| !path.is_empty()).collect();
    html! {
        div.frame.map {
            svg.chart viewBox={ "0 0 " (columns.len()) " " (highest - lowest + 1) } preserveAspectRatio="none" role="img" aria-label=(label) {
                g transform="translate(0 .5)" {
                    @for (class, data) in paths { (path(class, &data)) }
                }
            }
            span.top { (text(bound(highest + 1))) }
            span.bottom { (text(bound(lowest))) }
        }
    }
}

/// A path with this class, if it has one. It ends itself: a page has hundreds of them.
fn path(class: &str, data: &str) -> PreEscaped<String> {
    // Both are ours, and have nothing to escape.
    match class {
        "" => PreEscaped(format!("<path d=\"{data}\"/>")),
        class => PreEscaped(format!("<path class=\"{class}\" d=\"{data}\"/>")),
    }
}

/// How many durations are in each row.
fn rows(durations: &Distribution) -> BTreeMap<i32, u64> {
    let mut rows = BTreeMap::new();
    for (duration, count) in durations.buckets() {
        let micros = duration.as_secs_f64() * 1e6;
        *rows.entry((micros.log2() * 2.0).floor() as i32).or_default() += count;
    }
    rows
}

/// The shortest duration of a row.
fn bound(row: i32) -> Duration {
    Duration::try_from_secs_f64((f64::from(row) / 2.0).exp2() / 1e6).unwrap_or_default()
}

fn shade(column: &BTreeMap<i32, u64>, row: i32) -> Option<&'static str> {
    let whole: u64 = column.values().sum();
    let share = *column.get(&row)? as f64 / whole as f64;
    SHADES.iter().find(|(least, _)| share > *least).map(|(_, class)| *class)
}

/// An area from the bottom up to these heights, with gaps where nothing is known.
fn area(heights: &[Option<u32>]) -> String {
    let steps = steps(heights, HEIGHT, &format!("V{HEIGHT}"));
    // What is at the bottom throughout is not drawn.
    if heights.iter().flatten().all(|height| *height == 0) { String::new() } else { steps }
}

/// A line of horizontal steps, with gaps where nothing is known. What is before a gap gets this end; unless that is empty, it begins at
/// the bottom, so that it is an area.
fn steps(heights: &[Option<u32>], bottom: u32, end: &str) -> String {
    let mut path = String::new();
    let mut is_drawn = false;
    for (start, height, length) in runs(heights) {
        if let Some(height) = height {
            let y = bottom - height;
            let _ = match (is_drawn, end) {
                (true, _) => write!(path, "V{y}h{length}"),
                (false, "") => write!(path, "M{start} {y}h{length}"),
                (false, _) => write!(path, "M{start} {bottom}V{y}h{length}"),
            };
        } else if is_drawn {
            path.push_str(end);
        }
        is_drawn = height.is_some();
    }
    if is_drawn {
        path.push_str(end);
    }
    path
}

/// The heights of values in a chart of this height; what is not zero has one.
fn heights(values: &[Option<f64>], highest: f64, height: u32) -> Vec<Option<u32>> {
    let scaled = |value: f64| ((value / highest * f64::from(height)).ceil() as u32).min(height);
    values
        .iter()
        .map(|value| value.map(|value| if value > 0.0 { scaled(value) } else { 0 }))
        .collect()
}

/// The runs of equal values: where each begins, and how long it is.
fn runs<T: Copy + PartialEq>(values: &[T]) -> impl Iterator<Item = (usize, T, usize)> {
    let mut start = 0;
    let mut chunks = values.chunk_by(T::eq);
    iter::from_fn(move || {
        let chunk = chunks.next()?;
        let run = (start, *chunk.first()?, chunk.len());
        start += chunk.len();
        Some(run)
    })
}

fn mean(values: &[Option<f64>]) -> Option<f64> {
    let known: Vec<_> = values.iter().flatten().collect();
    (!known.is_empty()).then(|| known.iter().copied().sum::<f64>() / known.len() as f64)
}

fn highest(values: &[Option<f64>]) -> f64 {
    values.iter().flatten().copied().fold(0.0, f64::max)
}

fn highest_is_positive(values: &[Option<f64>]) -> bool {
    highest(values) > 0.0
}

#[cfg(test)]
mod tests {
    use super::{super::super::quantity::rate, *};

    #[test]
    fn an_area_has_gaps_where_nothing_is_known() {
        let heights = heights(&[Some(0.0), None, Some(0.1), Some(0.1), Some(30.0)], 30.0, HEIGHT);
        assert_eq!(heights, [Some(0), None, Some(1), Some(1), Some(60)]);
        assert_eq!(area(&[Some(0), None]), "");
        assert_eq!(area(&heights), "M0 60V60h1V60M2 60V59h2V0h1V60");
    }

    #[test]
    fn areas_stand_on_each_other() {
        let series =
            [("lower", vec![Some(1.0)]), ("none", vec![Some(0.0)]), ("upper", vec![Some(2.0)])];
        let chart = areas("two", &series, rate).into_string();
        assert!(chart.contains(r#"<span class="top">3.0</span>"#), "{chart}");
        assert!(
            chart.contains(
                r#"<path class="upper" d="M0 60V0h1V60"/><path class="lower" d="M0 60V40h1V60"/>"#
            ),
            "{chart}"
        );
        assert!(!chart.contains("none\" d"), "{chart}");
    }

    #[test]
    fn a_line_is_as_long_as_its_values_stay() {
        let values: Vec<_> =
            [Some(0.0), Some(3.0), None].into_iter().flat_map(|it| [it; LINE_STEP]).collect();
        assert!(line(&values).into_string().contains(r#"d="M0 15h1V0h1""#));
        assert!(line(&[None; 8]).into_string().contains(r#"d="""#));
    }

    #[test]
    fn the_rows_of_a_heat_map_double_every_second_time() {
        for (row, micros) in [(0, 1), (2, 2), (20, 1024)] {
            assert_eq!(bound(row), Duration::from_micros(micros));
        }
        let empty = heat_map("", &[Distribution::EMPTY], |_| String::new());
        assert_eq!(empty.into_string(), r#"<div class="chart"></div>"#);
    }
}
