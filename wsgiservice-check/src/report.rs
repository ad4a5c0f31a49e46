//! What a check prints and exits with.

use std::process::ExitCode;

use crate::range::Range;

/// The longest message: Nagios cuts what is longer.
const LONGEST: usize = 1000;

/// The state of a service, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    Ok,
    Warning,
    /// It cannot be told; a failure that is known is worse.
    Unknown,
    Critical,
}

/// What a check has found.
#[derive(Debug)]
pub(crate) struct Report {
    state: State,
    messages: Vec<String>,
    data: Vec<Measured>,
}

/// A number with what it is compared with.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    pub(crate) label: String,
    pub(crate) value: f64,
    /// `s`, `ms`, `B` or `c` for a counter, or nothing.
    pub(crate) unit: &'static str,
    pub(crate) warning: Option<Range>,
    pub(crate) critical: Option<Range>,
    pub(crate) least: Option<f64>,
    pub(crate) greatest: Option<f64>,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl From<State> for ExitCode {
    fn from(state: State) -> Self {
        Self::from(match state {
            State::Ok => 0,
            State::Warning => 1,
            State::Critical => 2,
            State::Unknown => 3,
        })
    }
}

impl Report {
    pub(crate) fn new(state: State, message: &str) -> Self {
        Self { state, messages: vec![message.to_owned()], data: Vec::new() }
    }

    pub(crate) fn state(&self) -> State {
        self.state
    }

    /// Adds what else was found: the worst counts.
    pub(crate) fn add(&mut self, state: State, message: String) {
        self.state = self.state.max(state);
        self.messages.push(message);
    }

    /// Adds a number, which is a message of its own if it alerts.
    pub(crate) fn measure(&mut self, measured: Measured) {
        let state = measured.state();
        self.add(state, measured.message(state));
        self.data.push(measured);
    }

    /// The line for the monitor.
    pub(crate) fn line(&self) -> String {
        let message = plain(&self.messages.join(", "));
        let line = format!("WSGISERVICE {} - {message}", self.state.word());
        match self.data.iter().map(Measured::data).collect::<Vec<_>>().join(" ") {
            data if data.is_empty() => line,
            data => format!("{line} | {data}"),
        }
    }
}

impl Measured {
    fn state(&self) -> State {
        let alerts = |range: &Option<Range>| range.as_ref().is_some_and(|it| it.alerts(self.value));
        match () {
            () if alerts(&self.critical) => State::Critical,
            () if alerts(&self.warning) => State::Warning,
            () => State::Ok,
        }
    }

    fn message(&self, state: State) -> String {
        let Self { label, value, .. } = self;
        let unit = if self.unit == "c" { "" } else { self.unit };
        let range = match state {
            State::Critical => self.critical.as_ref(),
            State::Warning => self.warning.as_ref(),
            State::Ok | State::Unknown => None,
        };
        let beyond = range.map(|range| format!(" (range {range})")).unwrap_or_default();
        format!("{label} {}{unit}{beyond}", decimal(*value))
    }

    /// `'label'=value[UOM];warn;crit;min;max`, without what is empty at its end.
    fn data(&self) -> String {
        let range = |range: &Option<Range>| range.as_ref().map(Range::to_string);
        let bound = |bound: Option<f64>| bound.map(decimal);
        let parts = [
            Some(format!("'{}'={}{}", plain_label(&self.label), decimal(self.value), self.unit)),
            range(&self.warning),
            range(&self.critical),
            bound(self.least),
            bound(self.greatest),
        ];
        let data = parts.map(Option::unwrap_or_default).join(";");
        data.trim_end_matches(';').to_owned()
    }
}

/// A number as a plain decimal.
fn decimal(number: f64) -> String {
    let text = format!("{number:.6}");
    match text.trim_end_matches('0').trim_end_matches('.') {
        "-0" => "0".to_owned(),
        text => text.to_owned(),
    }
}

/// A message in one line, without what begins performance data.
fn plain(text: &str) -> String {
    let mut characters = text.chars().map(|it| if is_plain(it) { it } else { ' ' });
    let mut plain: String = characters.by_ref().take(LONGEST).collect();
    if characters.next().is_some() {
        plain.push('…');
    }
    plain
}

/// A label that all parsers read: the guidelines double a quote, which most of them do not know.
fn plain_label(label: &str) -> String {
    let is_allowed = |it: char| is_plain(it) && !matches!(it, '\'' | '=' | ' ');
    label.chars().map(|it| if is_allowed(it) { it } else { '_' }).take(LONGEST).collect()
}

fn is_plain(character: char) -> bool {
    // The last two end a line, too.
    !character.is_control() && !matches!(character, '|' | '\u{2028}' | '\u{2029}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(value: f64) -> Measured {
        Measured {
            label: "p99_ms".to_owned(),
            value,
            unit: "ms",
            warning: "10".parse().ok(),
            critical: "@20:".parse().ok(),
            least: Some(0.0),
            greatest: None,
        }
    }

    #[test]
    fn the_worst_state_counts() {
        for (value, expected) in [
            (5.0, "WSGISERVICE OK - well, p99_ms 5ms | 'p99_ms'=5ms;10;@20:;0"),
            (
                15.5,
                "WSGISERVICE WARNING - well, p99_ms 15.5ms (range 10) | 'p99_ms'=15.5ms;10;@20:;0",
            ),
            (
                20.0,
                "WSGISERVICE CRITICAL - well, p99_ms 20ms (range @20:) | 'p99_ms'=20ms;10;@20:;0",
            ),
        ] {
            let mut report = Report::new(State::Ok, "well");
            report.measure(measured(value));
            assert_eq!(report.line(), expected);
        }
        let mut report = Report::new(State::Critical, "ill");
        report.add(State::Unknown, "unread".to_owned());
        report.add(State::Ok, "good".to_owned());
        assert_eq!(report.line(), "WSGISERVICE CRITICAL - ill, unread, good");
    }

    #[test]
    fn a_message_is_one_line_without_data() {
        let report = Report::new(State::Ok, "a|b\nc\u{1b}[0m\u{2028}d\u{85}");
        assert_eq!(report.line(), "WSGISERVICE OK - a b c [0m d ");
        for (length, text) in [(1000, "ä".repeat(1000)), (1001, "ä".repeat(1000) + "…")] {
            let report = Report::new(State::Ok, &"ä".repeat(length));
            assert_eq!(report.line(), format!("WSGISERVICE OK - {text}"));
        }
    }

    #[test]
    fn a_label_cannot_end_its_quotes() {
        let mut report = Report::new(State::Ok, "well");
        report.measure(Measured { label: "it's a|b=1 ä\n'x'".to_owned(), ..measured(1.0) });
        let line = report.line();
        assert!(line.ends_with(" | 'it_s_a_b_1_ä__x_'=1ms;10;@20:;0"), "{line}");
        assert_eq!((line.lines().count(), line.matches('|').count()), (1, 1));
    }

    #[test]
    fn numbers_have_no_exponent() {
        for (number, text) in [
            (0.0, "0"),
            (-0.000_000_1, "0"),
            (1e-5, "0.00001"),
            (1e21, "1000000000000000000000"),
            (100.0, "100"),
            (0.1 + 0.2, "0.3"),
        ] {
            assert_eq!(decimal(number), text);
        }
    }
}
