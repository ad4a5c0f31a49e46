//! A server that fails as it is told.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    time::sleep,
};

use crate::endpoint::TestDial;

/// What a server does with a connection or with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It does not listen.
    Refuses,
    /// It accepts a connection and closes it without reading a request.
    Closes,
    /// It reads a request, and closes the connection before it executes it.
    Reads,
    /// It executes a request, and closes the connection before it responds.
    Dies,
    /// It executes a request, and never responds.
    Hangs,
    /// It executes a request, and sends what is not HTTP.
    Garbage,
    /// It executes a request, and closes the connection in the midst of the content.
    Short,
    /// It executes a request, and stops in the midst of the content.
    Stalls,
    /// It executes a request after this time, in milliseconds.
    Slow(u64),
    /// It executes a request with a success.
    Works,
    /// It responds with this status, and has executed the request if it is 500 or greater.
    Status(u16),
    /// It executes a request, and responds with this head and this content.
    Says(&'static str, &'static str),
    /// It responds with this head, and does not execute the request.
    Head(&'static str),
}

/// What is in most responses.
const CONTENT: &str = "[1,2]";

/// A server.
pub(super) struct Server {
    pub(super) name: &'static str,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What happens to the next requests.
    script: VecDeque<Fault>,
    /// What happens to all further ones.
    then: Option<Fault>,
    connections: usize,
    /// The heads of the requests that were read.
    heads: Vec<String>,
    executions: usize,
}

impl Server {
    /// A server that treats all requests alike.
    pub(super) fn new(name: &'static str, then: Fault) -> Arc<Self> {
        Self::scripted(name, &[], then)
    }

    /// A server that treats the first requests as the script says.
    pub(super) fn scripted(name: &'static str, script: &[Fault], then: Fault) -> Arc<Self> {
        let script = script.iter().copied().collect();
        let state = State { script, then: Some(then), ..State::default() };
        Arc::new(Self { name, state: Mutex::new(state) })
    }

    /// How many requests it has executed.
    pub(super) fn executions(&self) -> usize {
        self.state.lock().expect("state").executions
    }

    /// How many connections were opened.
    pub(super) fn connections(&self) -> usize {
        self.state.lock().expect("state").connections
    }

    /// The heads of the requests that it has read.
    pub(super) fn heads(&self) -> Vec<String> {
        self.state.lock().expect("state").heads.clone()
    }

    /// Treats all further requests in this way.
    pub(super) fn set(&self, then: Fault) {
        self.state.lock().expect("state").then = Some(then);
    }

    pub(super) fn dial(self: &Arc<Self>) -> Arc<TestDial> {
        let server = Arc::clone(self);
        Arc::new(move || server.accept())
    }

    fn accept(self: &Arc<Self>) -> io::Result<DuplexStream> {
        let mut state = self.state.lock().expect("state");
        let is_refused = match state.script.front() {
            Some(Fault::Refuses) => state.script.pop_front().is_some(),
            Some(_) => false,
            None => state.then == Some(Fault::Refuses),
        };
        if is_refused {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        state.connections += 1;
        let (client, stream) = duplex(64 << 10);
        let is_closed = match state.script.front() {
            Some(Fault::Closes) => state.script.pop_front().is_some(),
            Some(_) => false,
            None => state.then == Some(Fault::Closes),
        };
        match is_closed {
            true => tokio::spawn(close(stream)),
            false => tokio::spawn(Arc::clone(self).serve(stream)),
        };
        Ok(client)
    }

    async fn serve(self: Arc<Self>, mut stream: DuplexStream) {
        while let Some(head) = read(&mut stream).await {
            let fault = self.next(&head);
            if !matches!(fault, Fault::Reads | Fault::Head(_) | Fault::Status(..500)) {
                if let Fault::Slow(milliseconds) = fault {
                    sleep(Duration::from_millis(milliseconds)).await;
                }
                self.state.lock().expect("state").executions += 1;
            }
            let is_head = head.starts_with("HEAD ");
            let written = match fault {
                Fault::Hangs => std::future::pending().await,
                Fault::Garbage => stream.write_all(b"what is this?\r\n\r\n").await,
                Fault::Short | Fault::Stalls => {
                    let part = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n[1,2";
                    stream.write_all(part).await.unwrap_or_default();
                    if fault == Fault::Stalls {
                        std::future::pending::<()>().await;
                    }
                    return;
                }
                Fault::Slow(_) | Fault::Works => {
                    respond(&mut stream, "200 OK", CONTENT, is_head).await
                }
                Fault::Status(status) => {
                    respond(&mut stream, &format!("{status} X"), CONTENT, is_head).await
                }
                Fault::Head(head) => respond(&mut stream, head, CONTENT, is_head).await,
                Fault::Says(head, content) => respond(&mut stream, head, content, is_head).await,
                _ => return,
            };
            if written.is_err() || fault == Fault::Garbage {
                return;
            }
        }
    }

    fn next(&self, head: &str) -> Fault {
        let mut state = self.state.lock().expect("state");
        state.heads.push(head.to_owned());
        let then = state.then.unwrap_or(Fault::Works);
        state.script.pop_front().unwrap_or(then)
    }
}

/// Closes a connection as soon as there is a request on it.
async fn close(mut stream: DuplexStream) {
    stream.read_u8().await.ok();
}

/// Writes a response, whose head after the version is this.
async fn respond(
    stream: &mut DuplexStream,
    head: &str,
    content: &str,
    is_head: bool,
) -> io::Result<()> {
    let length = content.len();
    let content = if is_head { "" } else { content };
    let response = format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\n\r\n{content}");
    stream.write_all(response.as_bytes()).await
}

/// Reads a request, and returns its head.
async fn read(stream: &mut DuplexStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?.to_ascii_lowercase();
    let method = head.split(' ').next()?.to_ascii_uppercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
    let mut content = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut content).await.ok()?;
    if head.contains("transfer-encoding: chunked") {
        let mut rest = Vec::new();
        while !rest.ends_with(b"0\r\n\r\n") {
            rest.push(stream.read_u8().await.ok()?);
        }
    }
    Some(method + &head[head.find(' ')?..])
}
