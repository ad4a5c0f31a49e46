//! The clients whose requests are measured: each sends the fields that the real client sends.

use clap::ValueEnum;

/// A client.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub(crate) enum Client {
    Curl,
    /// A program that calls the service, written in Go.
    Json,
    Firefox,
}

impl Client {
    pub(crate) const ALL: [Self; 3] = [Self::Curl, Self::Json, Self::Firefox];

    /// The name in the tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Json => "JSON client",
            Self::Firefox => "Firefox",
        }
    }

    /// A request for a target.
    pub(crate) fn request(self, target: &str) -> String {
        let fields: String =
            self.fields().iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:8001\r\n{fields}\r\n")
    }

    /// Whether the client prefers something else to JSON. The programs written by hand send JSON all the same.
    pub(crate) fn prefers_other_than_json(self) -> bool {
        self == Self::Firefox
    }

    fn fields(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Curl => &[("User-Agent", "curl/8.14.1"), ("Accept", "*/*")],
            Self::Json => &[
                ("User-Agent", "Go-http-client/1.1"),
                ("Accept", "application/json"),
                ("Accept-Encoding", "gzip"),
            ],
            Self::Firefox => &[
                (
                    "User-Agent",
                    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                ),
                ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
                ("Accept-Language", "en-US,en;q=0.5"),
                ("Accept-Encoding", "gzip, deflate, br, zstd"),
                ("Connection", "keep-alive"),
                ("Upgrade-Insecure-Requests", "1"),
                ("Sec-Fetch-Dest", "document"),
                ("Sec-Fetch-Mode", "navigate"),
                ("Sec-Fetch-Site", "none"),
                ("Sec-Fetch-User", "?1"),
                ("Priority", "u=0, i"),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_has_the_fields_of_its_client() {
        let request = "GET /1/10.0.0.1 HTTP/1.1\r\nHost: 127.0.0.1:8001\r\n\
                       User-Agent: curl/8.14.1\r\nAccept: */*\r\n\r\n";
        assert_eq!(Client::Curl.request("/1/10.0.0.1"), request);
    }
}
