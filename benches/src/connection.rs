//! A persistent connection to a server.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
};

/// A persistent connection.
pub(crate) struct Connection(BufReader<TcpStream>);

/// A response.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: String,
    /// The fields, with names in lower case.
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) content: String,
}

impl Connection {
    pub(crate) fn new(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request, and reads the response.
    pub(crate) fn send(&mut self, request: &str) -> io::Result<Response> {
        self.0.get_mut().write_all(request.as_bytes())?;
        let status = self.line()?.trim_start_matches("HTTP/1.1 ").to_owned();
        let mut fields = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else { break };
            fields.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let mut response = Response { status, fields, content: String::new() };
        let length = response.field("content-length").and_then(|value| value.parse().ok());
        let mut content = vec![0; length.unwrap_or(0)];
        self.0.read_exact(&mut content)?;
        response.content = String::from_utf8_lossy(&content).into_owned();
        Ok(response)
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

impl Response {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}
