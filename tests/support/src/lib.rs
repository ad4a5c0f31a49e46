//! A service as whoever runs it sees it: a process, asked over a socket.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, ExitStatus, Stdio},
};

/// A service, listening on a port of its own, which ends with this value.
#[derive(Debug)]
pub struct Server {
    process: Child,
    address: String,
}

/// What a service answered.
#[derive(Debug)]
pub struct Answer {
    head: String,
    /// The content.
    pub content: String,
}

impl Server {
    /// Starts this program.
    ///
    /// # Panics
    /// Where it does not start.
    #[must_use]
    pub fn start(program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(["--bind", "127.0.0.1:0"]).args(arguments).stdout(Stdio::piped());
        let mut process = command.spawn().expect("it starts");
        let mut line = String::new();
        let output = process.stdout.take().expect("its output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let address = line.trim().split_once(" listens on http://").expect("where it listens").1;
        Self { process, address: address.trim_end_matches('/').to_owned() }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Asks it with these fields, each a line, and this content.
    ///
    /// # Panics
    /// Where there is no answer.
    #[must_use]
    pub fn ask(&self, method: &str, target: &str, fields: &str, content: &str) -> Answer {
        let length = content.len();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nhost: example\r\nconnection: close\r\ncontent-length: {length}\r\n{fields}\r\n{content}"
        );
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, content) = answer.split_once("\r\n\r\n").expect("a head and content");
        Answer { head: head.to_owned(), content: content.to_owned() }
    }

    /// Gets a target.
    #[must_use]
    pub fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, "", "")
    }

    /// Sends a form.
    #[must_use]
    pub fn send(&self, method: &str, target: &str, form: &str) -> Answer {
        self.ask(method, target, "content-type: application/x-www-form-urlencoded\r\n", form)
    }

    /// Tells it to stop, and waits until it has.
    ///
    /// # Panics
    /// Where it cannot be told.
    #[expect(clippy::must_use_candidate, reason = "how it ended is not always the question")]
    pub fn stop(mut self, signal: &str) -> ExitStatus {
        let id = self.process.id().to_string();
        Command::new("kill").args([signal, &id]).status().expect("told");
        self.process.wait().expect("its end")
    }
}

impl Answer {
    /// The status.
    #[must_use]
    pub fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// The value of a field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.split("\r\n").skip(1).filter_map(|line| line.split_once(": "));
        fields.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The content as JSON.
    ///
    /// # Panics
    /// Where it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.content).expect("JSON")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
