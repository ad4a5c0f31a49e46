//! How a line of the log is written: what a request logs has its ID and its trace, and nothing in it can forge another line.

use std::fmt;

use serde_json::Value;
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{Format, Writer},
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

use super::values::{JsonValues, Members, TextValues};
use crate::{http::loggable::is_harmless, site::current};

/// How the lines of the log are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum LogFormat {
    /// The time, the level, the target, the message, and names with their values.
    #[default]
    Text,
    /// An object with the members `timestamp`, `level`, `target`, `message` and one for each value.
    Json,
}

/// The names of what a line of a request has in common with the others.
const REQUEST_ID: &str = "request_id";
const TRACE_ID: &str = "trace_id";

/// What the current request adds to a line, unless the line has it already: that of another request, which is served within
/// this one, has its own.
fn of_request(event: &Event<'_>) -> impl Iterator<Item = (&'static str, String)> + use<> {
    let identity = current::identity();
    let all = identity.map(|identity| {
        let (id, trace_id) = (identity.id().to_string(), identity.trace_id().to_owned());
        [(REQUEST_ID, id), (TRACE_ID, trace_id)]
    });
    let fields = event.metadata().fields();
    all.into_iter().flatten().filter(move |(name, _)| fields.field(name).is_none())
}

/// Writes lines of text.
pub(super) struct TextLine(Format);

impl TextLine {
    pub(super) fn new(has_colours: bool) -> Self {
        Self(Format::default().with_ansi(has_colours))
    }
}

impl<S, N> FormatEvent<S, N> for TextLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.0.format_event(context, Writer::new(&mut line), event)?;
        writer.write_str(line.trim_end_matches('\n'))?;
        for (name, value) in of_request(event) {
            write!(writer, " {name}={value}")?;
        }
        writeln!(writer)
    }
}

/// Writes the values of a line of text.
pub(super) struct TextFields;

impl<'a> FormatFields<'a> for TextFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'a>, fields: R) -> fmt::Result {
        let mut values = TextValues::new(writer);
        fields.record(&mut values);
        values.end()
    }
}

/// Writes lines of JSON.
pub(super) struct JsonLine;

impl<S, N> FormatEvent<S, N> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let metadata = event.metadata();
        let mut members = Members::new();
        for (name, value) in [
            ("timestamp", time.as_str()),
            ("level", metadata.level().as_str()),
            ("target", metadata.target()),
        ] {
            members.insert(name.to_owned(), Value::from(value));
        }
        event.record(&mut JsonValues(&mut members));
        members.extend(of_request(event).map(|(name, value)| (name.to_owned(), value.into())));
        write_json(&mut writer, &members)
    }
}

/// Writes an object in one line. What could control a terminal is escaped, which outside of text does not occur.
fn write_json(writer: &mut Writer<'_>, members: &Members) -> fmt::Result {
    for character in serde_json::to_string(members).map_err(|_| fmt::Error)?.chars() {
        match is_harmless(character) {
            true => writer.write_char(character)?,
            false => character
                .encode_utf16(&mut [0; 2])
                .iter()
                .try_for_each(|unit| write!(writer, "\\u{unit:04x}"))?,
        }
    }
    writeln!(writer)
}
