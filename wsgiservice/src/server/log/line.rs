//! How a line of the log is written: what a request logs has its ID and its trace.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{Format, Json, Writer},
    },
    registry::LookupSpan,
};

use crate::site::current;

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

/// Writes a line in this format; within a request, with its ID and its trace.
pub(super) struct OfRequest<F> {
    format: F,
    end: End,
}

/// How a line ends.
#[derive(Clone, Copy)]
enum End {
    Text,
    Json,
}

impl OfRequest<()> {
    pub(super) fn text(has_colours: bool) -> impl FnOnce(Format) -> OfRequest<Format> {
        move |format| OfRequest { format: format.with_ansi(has_colours), end: End::Text }
    }

    pub(super) fn json(format: Format<Json>) -> OfRequest<Format<Json>> {
        let format = format.flatten_event(true).with_span_list(false).with_current_span(false);
        OfRequest { format, end: End::Json }
    }
}

impl<F, S, N> FormatEvent<S, N> for OfRequest<F>
where
    F: FormatEvent<S, N>,
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some(identity) = current::identity() else {
            return self.format.format_event(context, writer, event);
        };
        let mut line = String::new();
        self.format.format_event(context, Writer::new(&mut line), event)?;
        let (id, trace_id) = (identity.id(), identity.trace_id());
        match self.end {
            End::Text => {
                writeln!(writer, "{} id={id} trace_id={trace_id}", line.trim_end_matches('\n'))
            }
            End::Json => {
                let members = line.trim_end();
                let members = members.strip_suffix('}').unwrap_or(members);
                writeln!(writer, r#"{members},"id":"{id}","trace_id":"{trace_id}"}}"#)
            }
        }
    }
}
