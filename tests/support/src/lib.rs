//! Starts a service as a process and sends it requests over a socket, reads what a service tells of itself, and runs the transcripts
//! of READMEs.

mod monitoring;
mod rule;
mod transcript;

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, ExitStatus, Stdio},
};

pub use monitoring::{assert_metrics, health_of};
pub use rule::assert_fails_without;
pub use transcript::replay;

/// A service process that listens on a free port. Dropping this value kills the process.
#[derive(Debug)]
pub struct Server {
    process: Child,
    address: String,
}

/// A response of a service.
#[derive(Debug)]
pub struct Response {
    head: String,
    /// The content.
    pub content: String,
}

impl Server {
    /// Starts `program` and waits until it listens.
    ///
    /// # Panics
    /// If the program does not start.
    #[must_use]
    pub fn start(program: &str, arguments: &[&str]) -> Self {
        Self::start_command(Command::new(program), arguments)
    }

    /// Starts a program with few file descriptors, and waits until it listens.
    ///
    /// # Panics
    /// If the program does not start.
    #[must_use]
    pub fn start_with_files(files: u32, program: &str, arguments: &[&str]) -> Self {
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -n {files}; exec \"$0\" \"$@\""), program]);
        Self::start_command(command, arguments)
    }

    /// Starts a program that was set up, and waits until it listens.
    ///
    /// # Panics
    /// If the program does not start.
    #[must_use]
    pub fn start_command(mut command: Command, arguments: &[&str]) -> Self {
        command.args(["--bind", "127.0.0.1:0"]).args(arguments).stdout(Stdio::piped());
        let mut process = command.spawn().expect("a process");
        let mut line = String::new();
        let output = process.stdout.take().expect("standard output");
        BufReader::new(output).read_line(&mut line).expect("a line");
        let address = line.trim().split_once(" listens on http://").expect("an address").1;
        Self { process, address: address.trim_end_matches('/').to_owned() }
    }

    /// The address that the service listens on.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Sends a request and returns the response. Each field ends with `\r\n`.
    ///
    /// # Panics
    /// If the server does not respond.
    #[must_use]
    pub fn ask(&self, method: &str, target: &str, fields: &str, content: &str) -> Response {
        let length = content.len();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n{fields}\r\n{content}"
        );
        let mut stream = TcpStream::connect(&self.address).expect("a connection");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut response = String::new();
        stream.read_to_string(&mut response).expect("a response");
        let (head, content) = response.split_once("\r\n\r\n").expect("a head and content");
        Response { head: head.to_owned(), content: content.to_owned() }
    }

    /// Sends a `GET`.
    #[must_use]
    pub fn get(&self, target: &str) -> Response {
        self.ask("GET", target, "", "")
    }

    /// Sends a URL-encoded form.
    #[must_use]
    pub fn send(&self, method: &str, target: &str, form: &str) -> Response {
        self.ask(method, target, "content-type: application/x-www-form-urlencoded\r\n", form)
    }

    /// Sends a signal, such as `-TERM`.
    ///
    /// # Panics
    /// If the signal cannot be sent.
    pub fn signal(&self, signal: &str) {
        let id = self.process.id().to_string();
        Command::new("kill").args([signal, &id]).status().expect("a signal");
    }

    /// Waits until the process ends.
    ///
    /// # Panics
    /// If that cannot be waited for.
    #[must_use]
    pub fn wait(mut self) -> ExitStatus {
        self.process.wait().expect("an exit status")
    }

    /// Sends a signal, such as `-TERM`, and waits until the process ends.
    ///
    /// # Panics
    /// If the signal cannot be sent.
    #[expect(clippy::must_use_candidate, reason = "not every test checks the exit status")]
    pub fn stop(self, signal: &str) -> ExitStatus {
        self.signal(signal);
        self.wait()
    }
}

impl Response {
    /// The status.
    #[must_use]
    pub fn status(&self) -> &str {
        self.head.split(' ').nth(1).unwrap_or_default()
    }

    /// The value of a header field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.split("\r\n").skip(1).filter_map(|line| line.split_once(": "));
        fields.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Parses the content as JSON.
    ///
    /// # Panics
    /// If the content is not JSON.
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
