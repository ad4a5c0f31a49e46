//! The messages of gmond 3.1 and later, in XDR: big-endian, all that is shorter than four bytes is padded.

/// What the message of a metric's metadata begins with.
const METADATA: u32 = 128;

/// What the message of a text begins with. Every value is a text, since gmond formats the others with what the message says.
const TEXT: u32 = 133;

/// The longest message that gmond reads.
#[cfg(test)]
pub(super) const LONGEST: usize = 1464;

/// The longest text; with it, no message is too long.
pub(super) const LONGEST_TEXT: usize = 128;

/// A metric, as gmond knows it.
pub(super) struct Metric<'a> {
    pub(super) host: &'a str,
    pub(super) name: String,
    /// The name of the type, such as `float`.
    pub(super) kind: &'a str,
    pub(super) units: &'a str,
    pub(super) slope: u32,
    /// The most seconds between two values.
    pub(super) most_seconds: u32,
    /// After how many seconds without a value it is deleted.
    pub(super) deleted_after: u32,
    pub(super) extra: Vec<(&'a str, &'a str)>,
}

impl Metric<'_> {
    /// The message that makes it known.
    pub(super) fn metadata(&self) -> Vec<u8> {
        let mut message = self.begin(METADATA);
        message.texts(&[self.kind, &self.name, self.units]);
        message.numbers(&[self.slope, self.most_seconds, self.deleted_after]);
        message.numbers(&[u32::try_from(self.extra.len()).unwrap_or_default()]);
        self.extra.iter().for_each(|(key, value)| message.texts(&[key, value]));
        message.0
    }

    /// The message with a value.
    pub(super) fn value(&self, value: &str) -> Vec<u8> {
        let mut message = self.begin(TEXT);
        message.texts(&["%s", value]);
        message.0
    }

    fn begin(&self, kind: u32) -> Message {
        let mut message = Message(Vec::new());
        message.numbers(&[kind]);
        message.texts(&[self.host, &self.name]);
        // Whether it is in the name of another host.
        message.numbers(&[0]);
        message
    }
}

struct Message(Vec<u8>);

impl Message {
    fn numbers(&mut self, numbers: &[u32]) {
        numbers.iter().for_each(|number| self.0.extend(number.to_be_bytes()));
    }

    fn texts(&mut self, texts: &[&str]) {
        for text in texts {
            let text: Vec<u8> = text.bytes().filter(is_plain).take(LONGEST_TEXT).collect();
            self.numbers(&[u32::try_from(text.len()).unwrap_or_default()]);
            self.0.extend(&text);
            self.0.resize(self.0.len().next_multiple_of(4), 0);
        }
    }
}

/// gmond escapes nothing, so that one of these characters would break the XML of its whole cluster.
fn is_plain(byte: &u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'<' | b'>' | b'&')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metric(name: &str) -> Metric<'_> {
        Metric {
            host: "web1",
            name: name.to_owned(),
            kind: "uint32",
            units: "req",
            slope: 1,
            most_seconds: 60,
            deleted_after: 600,
            extra: vec![("GROUP", "wsgiservice")],
        }
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn the_metadata_of_a_metric_are_as_gmond_reads_them() {
        assert_eq!(
            hex(&metric("geoip.requests").metadata()),
            "0000008000000004776562310000000e67656f69702e7265717565737473000000000000\
             0000000675696e74333200000000000e67656f69702e7265717565737473000000000003\
             72657100000000010000003c00000258000000010000000547524f55500000000000000b\
             777367697365727669636500"
        );
    }

    #[test]
    fn a_value_is_as_gmond_reads_it() {
        assert_eq!(
            hex(&metric("geoip.requests").value("42")),
            "0000008500000004776562310000000e67656f69702e7265717565737473000000000000\
             000000022573000000000002\
             34320000"
        );
    }

    #[test]
    fn no_text_can_break_the_xml_of_gmond() {
        let mut metric = metric("a");
        metric.extra = vec![("TITLE", "a<b>&\"c\"\n\u{7f}ü d")];
        let message = metric.metadata();
        assert!(message.ends_with(b"\0\0\0\x05abc d\0\0\0"), "{message:?}");
    }

    #[test]
    fn no_message_is_too_long() {
        let long = "a".repeat(2000);
        let metric = Metric {
            host: &long,
            kind: &long,
            units: &long,
            extra: vec![("GROUP", &long), ("TITLE", &long)],
            ..metric(&long)
        };
        for message in [metric.metadata(), metric.value(&long)] {
            assert!(message.len() <= LONGEST, "{}", message.len());
        }
    }
}
