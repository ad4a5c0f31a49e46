//! What a client has sent since the end of the last request, for a second look at the heads that need one.
//!
//! Most requests have no content, so that hyper's own reading of the head is enough. Only the others are followed with
//! [`Framing`], which costs more than ten times as much as to keep the bytes.

use std::io;

use http::{Method, Uri};

use super::framing::{Fault, Framing};
use crate::http::{incoming::Request, known_fields::KnownField};

/// How much room is kept for the next requests, in bytes.
const MAX_KEPT: usize = 2 << 10;

/// What a client has sent, and the requests in it.
#[derive(Debug, Default)]
pub(super) struct Received {
    /// What was received since the end of a request, unless it is followed already.
    recent: Vec<u8>,
    framing: Framing,
    /// Whether each byte is followed as it arrives, because a request has content that has not ended.
    is_followed: bool,
    /// How many requests hyper has begun.
    begun: u32,
    /// The first request with a fault.
    fault: Option<(u32, Fault)>,
}

impl Received {
    /// Takes up received bytes. hyper reads only if it has used all that it received, but for an incomplete head.
    ///
    /// # Errors
    /// If the rest of the content of the request in progress is to be refused.
    pub(super) fn receive(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.is_followed {
            self.follow(bytes, self.begun.wrapping_add(1));
            return match self.framing.has_long_trailers(self.begun) {
                true => {
                    Err(io::Error::new(io::ErrorKind::InvalidData, "the trailers are too long"))
                }
                false => Ok(()),
            };
        }
        if matches!(*self.recent, [] | [.., b'\n', b'\r', b'\n'] | [.., b'\n', b'\n']) {
            match self.recent.capacity() > MAX_KEPT {
                true => self.recent = Vec::new(),
                false => self.recent.clear(),
            }
            self.framing.set_requests(self.begun);
        }
        self.recent.extend_from_slice(bytes);
        Ok(())
    }

    /// Counts one more request; returns what is wrong with its head, although hyper parses it.
    pub(super) fn begin(&mut self, request: &Request) -> Option<Fault> {
        self.begun = self.begun.wrapping_add(1);
        let has_content =
            request.has(KnownField::Length) || request.has(KnownField::TransferCoding);
        if has_content || !self.begins_with(request.method(), request.target()) {
            self.inspect(self.begun);
        }
        let (request, fault) = self.fault?;
        (request == self.begun).then_some(fault)
    }

    /// What is wrong with the head of the next request, which hyper does not parse.
    pub(super) fn next_fault(&mut self) -> Option<Fault> {
        let next = self.begun.wrapping_add(1);
        self.inspect(next);
        self.fault.filter(|(request, _)| *request == next).map(|(_, fault)| fault)
    }

    /// Whether a request was received, or the beginning of one, that hyper has not begun.
    pub(super) fn has_more(&mut self) -> bool {
        self.inspect(self.begun.wrapping_add(1));
        self.framing.requests() != self.begun
    }

    /// Whether the bytes begin with this request line, and the target in it has nothing that hyper drops.
    fn begins_with(&self, method: &Method, target: &Uri) -> bool {
        const SPACE_AND_VERSION: usize = " HTTP/1.1".len();
        let target = target.path_and_query().map_or(0, |target| target.as_str().len());
        let end = method.as_str().len() + 1 + target + SPACE_AND_VERSION;
        matches!(self.recent.get(end), Some(b'\r' | b'\n'))
            && self.recent.first() == method.as_str().as_bytes().first()
            && self.framing.requests().wrapping_add(1) == self.begun
    }

    /// Looks at what was received and not followed yet, for faults of this request or a later one.
    #[cold]
    fn inspect(&mut self, from: u32) {
        let recent = std::mem::take(&mut self.recent);
        self.follow(&recent, from);
    }

    #[inline(never)]
    fn follow(&mut self, bytes: &[u8], from: u32) {
        let fault = self.framing.receive(bytes, from);
        // The fault of a request that was begun without a look at it is past.
        self.fault = self.fault.filter(|(request, _)| *request >= from).or(fault);
        self.is_followed = !self.framing.is_between_requests();
    }
}
