//! The job of all servers: a mix of addresses, requested over persistent connections.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
};

/// The number of requests in the mix.
///
/// Of 100 requests, 97 are for known addresses, 2 for unknown addresses, and 1 has an invalid address.
pub(crate) const MIX: usize = 1_000;

/// The targets of the mix, the same in every run.
pub(crate) fn targets() -> Vec<String> {
    let mut random = Random(0x1234_5678_9abc_def1);
    let target = |position: usize| match position % 100 {
        37 | 73 => format!("/1/10.{}.{}.{}", random.byte(), random.byte(), random.byte()),
        99 => format!("/1/{}.{}", random.byte(), random.byte()),
        // 130/8 and 193/8 are fully allocated, to universities and by RIPE.
        even if even % 2 == 0 => format!("/1/130.59.{}.{}", random.byte(), random.byte()),
        _ => format!("/1/193.5.{}.{}", random.byte(), random.byte()),
    };
    (0..MIX).map(target).collect()
}

/// A request for a target, as wrk sends it.
pub(crate) fn request(target: &str) -> String {
    format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n")
}

/// A response.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) content: String,
}

/// A persistent connection.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn new(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends this many requests for the targets in turn, one after the other.
    pub(crate) fn run(&mut self, targets: &[String], requests: usize) -> io::Result<()> {
        targets
            .iter()
            .cycle()
            .take(requests)
            .try_for_each(|target| self.ask(&request(target)).map(|_| ()))
    }

    pub(crate) fn ask(&mut self, request: &str) -> io::Result<Answer> {
        self.0.get_mut().write_all(request.as_bytes())?;
        let status = self.line()?.trim_start_matches("HTTP/1.1 ").to_owned();
        let mut fields = Vec::new();
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else { break };
            fields.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        let length = fields.iter().find(|(name, _)| name == "content-length");
        let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
        let mut content = vec![0; length];
        self.0.read_exact(&mut content)?;
        let content = String::from_utf8_lossy(&content).into_owned();
        Ok(Answer { status, fields, content })
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.0.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end().to_owned())
    }
}

/// A pseudorandom sequence that is the same in every run (Marsaglia's xorshift64).
struct Random(u64);

impl Random {
    fn byte(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) % 256
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mix_has_the_documented_proportions() {
        let targets = targets();
        let private = targets.iter().filter(|target| target.starts_with("/1/10.")).count();
        let short = targets.iter().filter(|target| target.matches('.').count() == 1).count();
        assert_eq!((targets.len(), private, short), (MIX, MIX / 50, MIX / 100));
    }
}
