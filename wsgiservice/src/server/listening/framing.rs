//! Follows the requests in what a client sends, and finds what hyper passes over without a word.
//!
//! hyper drops the second of two equal `Content-Length`, one beside `Transfer-Encoding`, and the fragment of a target. A
//! proxy that does the opposite would see other requests than this server: that is how requests are smuggled. hyper parses
//! everything else; this only looks for the ends of heads and of content.

use http::StatusCode;
use memchr::{memchr, memchr2};

use crate::problem::Problem;

/// The maximum size of the trailers of a request, in bytes. hyper allows them as many as a head.
const MAX_TRAILERS: usize = 16 << 10;

/// What is wrong with the head or the trailers of a request, although hyper parses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The target has a fragment (RFC 9112, section 3.2).
    Fragment,
    /// There is more than one `Content-Length` (RFC 9112, section 6.3).
    SeveralLengths,
    /// `Content-Length` stands beside `Transfer-Encoding` (RFC 9112, section 6.1).
    LengthBesideCoding,
    /// The content is longer than 2^63 - 1 bytes.
    HugeLength,
    /// The trailers are longer than [`MAX_TRAILERS`].
    LongTrailers,
    /// A line of the trailers ends with a bare line feed: hyper goes on to read trailers, where others see the next
    /// request.
    BareLineFeed,
}

impl Fault {
    /// The response to the request.
    pub(super) fn problem(self) -> Problem {
        match self {
            Self::Fragment => Problem::bad_request("The target has a fragment."),
            Self::SeveralLengths => Problem::bad_request("There are several Content-Length."),
            Self::LengthBesideCoding => {
                Problem::bad_request("There are Content-Length and Transfer-Encoding.")
            }
            Self::LongTrailers => {
                let detail = format!("The trailers are longer than {MAX_TRAILERS} bytes.");
                Problem::bad_request(detail)
            }
            Self::BareLineFeed => {
                Problem::bad_request("A line of the trailers ends without a carriage return.")
            }
            Self::HugeLength => Problem::new(StatusCode::PAYLOAD_TOO_LARGE)
                .detail("The content is longer than any limit."),
        }
    }
}

/// Where in the requests of a connection a client is.
#[derive(Debug, Default)]
pub(super) struct Framing {
    place: Place,
    head: Head,
    /// How many requests have begun.
    requests: u32,
    /// The last request whose trailers are too long.
    long_trailers: Option<u32>,
}

/// What the current request has said.
#[derive(Clone, Copy, Debug, Default)]
struct Head {
    length: Option<u64>,
    is_chunked: bool,
    /// How many bytes of trailers there are.
    trailers: usize,
    fault: Option<Fault>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Place {
    /// Before a request line; empty lines are skipped (RFC 9112, section 2.2).
    #[default]
    Start,
    RequestLine,
    /// Within the target and what follows it.
    Target,
    /// At the first byte of a line of the head.
    Line,
    /// Within the name of a field that may be this one, after as many of its bytes.
    Name(&'static str, usize),
    /// Within the digits of `Content-Length`.
    Length(u64),
    /// Within a line, of which the rest says nothing.
    Rest,
    /// After the carriage return of the empty line.
    LastLine,
    /// Before as many bytes of content.
    Content(u64),
    /// Within the size of a chunk.
    ChunkSize(u64),
    /// Within the line after the size.
    ChunkExtension(u64),
    /// Before as many bytes of a chunk and its line break.
    Chunk(u64),
    /// At the first byte of a line of the trailers.
    Trailer,
    /// Within a line of the trailers; whether after a carriage return.
    TrailerRest(bool),
    /// After the carriage return of the last line of the trailers.
    LastTrailer,
    /// After what makes the end of the request uncertain.
    Lost,
}

const LENGTH: &str = "content-length";
const CODING: &str = "transfer-encoding";

impl Framing {
    /// Follows received bytes; returns the first fault that they show of this request or a later one, and the number of the
    /// request, from 1.
    pub(super) fn receive(&mut self, mut bytes: &[u8], from: u32) -> Option<(u32, Fault)> {
        let mut found = None;
        while let [first, rest @ ..] = bytes {
            bytes = match self.place {
                Place::Target => self.target(bytes),
                Place::Line => self.line(bytes),
                Place::Rest => self.skip_line(bytes, Place::Line),
                Place::ChunkExtension(size) => self.skip_line(bytes, after_size(size)),
                Place::Content(length) => self.skip(bytes, length, Place::Content, Place::Start),
                Place::Chunk(length) => self.skip(bytes, length, Place::Chunk, Place::ChunkSize(0)),
                Place::Trailer | Place::TrailerRest(_) | Place::LastTrailer => {
                    self.trailer(*first);
                    rest
                }
                _ => {
                    self.byte(*first);
                    rest
                }
            };
            if let Some(fault) = self.head.fault.filter(|_| self.requests >= from) {
                found = found.or(Some((self.requests, fault)));
            }
        }
        match self.place {
            Place::Lost => found.or(Some((from, Fault::BareLineFeed))),
            _ => found,
        }
    }

    /// How many requests have begun.
    pub(super) fn requests(&self) -> u32 {
        self.requests
    }

    /// Whether the trailers of this request are too long.
    pub(super) fn has_long_trailers(&self, request: u32) -> bool {
        self.long_trailers == Some(request)
    }

    /// Goes on between two requests, after as many as this.
    pub(super) fn set_requests(&mut self, requests: u32) {
        self.requests = requests;
    }

    /// Whether the last request has ended, and the next one has not begun.
    pub(super) fn is_between_requests(&self) -> bool {
        matches!(self.place, Place::Start)
    }

    fn target<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        match memchr2(b'\n', b'#', bytes) {
            None => &[],
            Some(position) => {
                match bytes.get(position) {
                    Some(b'#') => self.head.fault = Some(Fault::Fragment),
                    _ => self.place = Place::Line,
                }
                bytes.get(position + 1..).unwrap_or_default()
            }
        }
    }

    /// Begins a line of the head; only two fields begin with these letters and matter.
    fn line<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let Some(first) = bytes.first() else { return bytes };
        self.place = match first {
            b'c' | b'C' => Place::Name(LENGTH, 0),
            b't' | b'T' => Place::Name(CODING, 0),
            b'\r' => Place::LastLine,
            b'\n' => return self.end_head(bytes),
            _ => return self.skip_line(bytes, Place::Line),
        };
        match self.place {
            Place::LastLine => bytes.get(1..).unwrap_or_default(),
            _ => bytes,
        }
    }

    /// Passes over the rest of a line, if it ends here.
    fn skip_line<'a>(&mut self, bytes: &'a [u8], next: Place) -> &'a [u8] {
        match memchr(b'\n', bytes) {
            Some(end) => {
                self.place = next;
                bytes.get(end + 1..).unwrap_or_default()
            }
            None => {
                if let Place::Line = next {
                    self.place = Place::Rest;
                }
                &[]
            }
        }
    }

    /// Passes over as many bytes as there are of this length.
    fn skip<'a>(
        &mut self,
        bytes: &'a [u8],
        length: u64,
        more: fn(u64) -> Place,
        next: Place,
    ) -> &'a [u8] {
        let here = usize::try_from(length).map_or(bytes.len(), |length| length.min(bytes.len()));
        let left = length.saturating_sub(here as u64);
        self.place = if left == 0 { next } else { more(left) };
        bytes.get(here..).unwrap_or_default()
    }

    fn trailer(&mut self, byte: u8) {
        self.head.trailers = self.head.trailers.saturating_add(1);
        if self.head.trailers > MAX_TRAILERS {
            self.long_trailers = Some(self.requests);
            self.head.fault.get_or_insert(Fault::LongTrailers);
        }
        self.byte(byte);
    }

    fn byte(&mut self, byte: u8) {
        self.place = match (self.place, byte) {
            (Place::Start, b'\r' | b'\n') => Place::Start,
            (Place::Start, _) => {
                self.requests = self.requests.wrapping_add(1);
                self.head = Head::default();
                Place::RequestLine
            }
            (Place::Name(name, matched), _) => self.name(name, matched, byte),
            (Place::Length(_), b'\n') => Place::Line,
            (Place::Length(length), b'0'..=b'9') => self.digit(length, byte - b'0'),
            (Place::LastLine, _) => {
                self.end_head(&[]);
                return;
            }
            (Place::ChunkSize(size), _) => match (byte as char).to_digit(16) {
                Some(digit) => {
                    Place::ChunkSize(size.saturating_mul(16).saturating_add(digit.into()))
                }
                None if byte == b'\n' => after_size(size),
                None => Place::ChunkExtension(size),
            },
            (Place::RequestLine, b' ') => Place::Target,
            (Place::RequestLine, b'\n') => Place::Line,
            (Place::Trailer, b'\r') => Place::LastTrailer,
            (Place::LastTrailer, b'\n') => Place::Start,
            (Place::TrailerRest(true), b'\n') => Place::Trailer,
            (Place::Trailer | Place::TrailerRest(_), b'\n') | (Place::LastTrailer, _) => {
                Place::Lost
            }
            (Place::Trailer | Place::TrailerRest(_), _) => Place::TrailerRest(byte == b'\r'),
            (place, _) => place,
        };
    }

    /// The place after another byte of a name.
    fn name(&mut self, name: &'static str, matched: usize, byte: u8) -> Place {
        match name.as_bytes().get(matched) {
            Some(expected) if byte.to_ascii_lowercase() == *expected => {
                Place::Name(name, matched + 1)
            }
            None if byte == b':' => self.field(name),
            _ if byte == b'\n' => Place::Line,
            _ => Place::Rest,
        }
    }

    /// The place after the name of a field that matters.
    fn field(&mut self, name: &'static str) -> Place {
        if name == CODING {
            self.head.is_chunked = true;
            return self.after_field(Place::Rest);
        }
        if self.head.length.replace(0).is_some() {
            self.head.fault.get_or_insert(Fault::SeveralLengths);
        }
        self.after_field(Place::Length(0))
    }

    fn after_field(&mut self, place: Place) -> Place {
        if self.head.is_chunked && self.head.length.is_some() {
            self.head.fault.get_or_insert(Fault::LengthBesideCoding);
        }
        place
    }

    fn digit(&mut self, length: u64, digit: u8) -> Place {
        let length = length.saturating_mul(10).saturating_add(digit.into());
        if i64::try_from(length).is_err() {
            self.head.fault.get_or_insert(Fault::HugeLength);
        }
        self.head.length = Some(length);
        Place::Length(length)
    }

    fn end_head<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        self.place = match self.head {
            Head { is_chunked: true, .. } => Place::ChunkSize(0),
            Head { length: Some(length @ 1..), .. } => Place::Content(length),
            _ => Place::Start,
        };
        bytes.get(1..).unwrap_or_default()
    }
}

/// The place after the line with the size of a chunk.
fn after_size(size: u64) -> Place {
    match size {
        0 => Place::Trailer,
        size => Place::Chunk(size.saturating_add(2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The faults in this text, however it is cut.
    fn faults(text: &str) -> Option<(u32, Fault)> {
        let whole = Framing::default().receive(text.as_bytes(), 1);
        for size in 1..text.len() {
            let mut framing = Framing::default();
            let mut found = None;
            for piece in text.as_bytes().chunks(size) {
                found = found.or(framing.receive(piece, 1));
            }
            assert_eq!(found, whole, "in pieces of {size} bytes: {text}");
        }
        whole
    }

    const GET: &str =
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: a\r\nTE: #\r\n\r\n";

    #[test]
    fn a_plain_head_has_no_fault() {
        assert_eq!(faults(GET), None);
        assert_eq!(faults(&GET.repeat(3)), None);
        assert_eq!(faults(&format!("\r\n\r\n{}", GET.replace('\r', ""))), None);
    }

    #[test]
    fn a_fragment_is_found() {
        assert_eq!(faults("GET /a#b HTTP/1.1\r\n\r\n"), Some((1, Fault::Fragment)));
    }

    #[test]
    fn several_lengths_are_found() {
        for (first, second) in [("3", "3"), ("3", "4")] {
            let head = format!(
                "POST / HTTP/1.1\r\ncontent-length:{first}\r\nA: b\r\nCONTENT-Length: {second}\r\n\r\n"
            );
            assert_eq!(faults(&head), Some((1, Fault::SeveralLengths)), "{head}");
        }
    }

    #[test]
    fn a_length_beside_a_coding_is_found() {
        let (length, coding) = ("Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n");
        for fields in [format!("{length}{coding}"), format!("{coding}{length}")] {
            let head = format!("POST / HTTP/1.1\r\n{fields}\r\n");
            assert_eq!(faults(&head), Some((1, Fault::LengthBesideCoding)), "{head}");
        }
    }

    #[test]
    fn a_huge_length_is_found() {
        let huge =
            |length: &str| faults(&format!("PUT / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n"));
        assert_eq!(huge("9223372036854775807"), None);
        for length in ["9223372036854775808", "18446744073709551616", &"9".repeat(100)] {
            assert_eq!(huge(length), Some((1, Fault::HugeLength)), "{length}");
        }
    }

    #[test]
    fn content_is_not_a_head() {
        let wrong = "GET /# HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n";
        let long = format!("PUT / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{wrong}", wrong.len());
        let size = wrong.len();
        let chunked = format!(
            "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{size:x};a=b\r\n{wrong}\r\n1\r\na\r\n0\r\nA: #\r\n\r\n"
        );
        for content in [long, chunked] {
            assert_eq!(faults(&content), None, "{content}");
            let after = format!("{content}GET / HTTP/1.1\r\n\r\n{content}GET /# HTTP/1.1\r\n\r\n");
            assert_eq!(faults(&after), Some((4, Fault::Fragment)), "{after}");
        }
    }

    #[test]
    fn a_fault_of_a_request_that_was_begun_hides_no_later_one() {
        let twice = "Content-Length: 1\r\nContent-Length: 1\r\n";
        let text = format!("GET /#a HTTP/1.1\r\n\r\nPUT / HTTP/1.1\r\n{twice}\r\na");
        assert_eq!(Framing::default().receive(text.as_bytes(), 1), Some((1, Fault::Fragment)));
        assert_eq!(
            Framing::default().receive(text.as_bytes(), 2),
            Some((2, Fault::SeveralLengths))
        );
    }

    #[test]
    fn a_number_sign_in_a_method_is_no_fragment() {
        assert_eq!(faults("A# / HTTP/1.1\r\n\r\n"), None);
    }

    #[test]
    fn a_bare_line_feed_in_trailers_is_found() {
        let head = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n";
        for trailers in ["\n", "A: b\n\r\n", "A: b\n\n", "\rA: b\r\n\r\n"] {
            let found = Framing::default().receive(format!("{head}{trailers}").as_bytes(), 1);
            assert_eq!(found, Some((1, Fault::BareLineFeed)), "{trailers:?}");
        }
        assert_eq!(faults(&format!("{head}A: b\r\nC: \rd\r\n\r\n{GET}")), None);
    }

    #[test]
    fn long_trailers_are_found() {
        let head = "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n";
        let fields = "A: b\r\n".repeat(MAX_TRAILERS / 6 - 1);
        let received = |trailers: &str| {
            let mut framing = Framing::default();
            let bytes = format!("{head}{trailers}\r\n{GET}");
            let found = framing.receive(bytes.as_bytes(), 1);
            (found, framing.has_long_trailers(1), framing.has_long_trailers(2))
        };
        let long = (Some((1, Fault::LongTrailers)), true, false);
        assert_eq!(received(&fields), (None, false, false));
        assert_eq!(received(&format!("{fields}C: {}\r\n", "d".repeat(9))), long);
        assert_eq!(received(&format!("A:{}\r\n", " ".repeat(MAX_TRAILERS))), long);
    }

    #[test]
    fn other_fields_that_begin_alike_do_not_matter() {
        let fields =
            "Content-Lengths: 1\r\nContent-Length-: 2\r\nTransfer-Encodings: chunked\r\nc\r\nt\r\n";
        assert_eq!(faults(&format!("GET / HTTP/1.1\r\n{fields}\r\nGET / HTTP/1.1\r\n\r\n")), None);
    }
}
