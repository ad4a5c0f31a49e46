//! Where the gmond of this machine sends its metrics, by its `gmond.conf` and the files that it includes. All else in them is skipped.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use regex::bytes::Regex;

use super::channel::{Channel, PORT};

/// How deep gmond includes files in each other.
const MAX_DEPTH: usize = 10;

/// How much of a file is read, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// The channels in a file, and in those that it includes; none if it cannot be read.
pub(super) fn channels_of(file: &Path) -> Vec<Channel> {
    let mut reading = Reading::default();
    reading.read(file, 0);
    reading.channels
}

#[derive(Default)]
struct Reading {
    /// The files that were read: they may include each other.
    files: HashSet<PathBuf>,
    channels: Vec<Channel>,
}

impl Reading {
    /// Reads a file that is included in so many others.
    fn read(&mut self, file: &Path, depth: usize) {
        // Reading a pipe would not end.
        if depth > MAX_DEPTH || !file.is_file() || !self.files.insert(file.to_owned()) {
            return;
        }
        // gmond reads bytes, and a comment may be in any encoding.
        let text = beginning(file).unwrap_or_default();
        for statement in statements(&String::from_utf8_lossy(&text)) {
            match statement {
                Statement::Channel(channel) => self.channels.push(channel),
                Statement::Include(pattern) => {
                    included(Path::new(pattern)).iter().for_each(|it| self.read(it, depth + 1));
                }
            }
        }
    }
}

/// As much of a file as is read.
fn beginning(file: &Path) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    File::open(file)?.take(MAX_SIZE).read_to_end(&mut content)?;
    Ok(content)
}

/// The files that a pattern names, in the order of their names. As in gmond, only a name may have wildcards, not a folder.
fn included(pattern: &Path) -> Vec<PathBuf> {
    if pattern.is_file() {
        return vec![pattern.to_owned()];
    }
    let (Some(folder), Some(name)) = (pattern.parent(), pattern.file_name()) else {
        return Vec::new();
    };
    let name = regex::escape(&name.to_string_lossy()).replace(r"\*", ".*").replace(r"\?", ".");
    let Ok(name) = Regex::new(&format!("^(?s-u:{name})$")) else { return Vec::new() };
    let matches = |it: &PathBuf| {
        let it = it.file_name().unwrap_or_default().as_encoded_bytes();
        !it.starts_with(b".") && name.is_match(it)
    };
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|it| it.path());
    let mut files: Vec<_> = files.filter(matches).collect();
    files.sort();
    files
}

/// What a file says of channels.
enum Statement<'a> {
    Channel(Channel),
    /// The pattern of the files that are included.
    Include(&'a str),
}

fn statements(text: &str) -> Vec<Statement<'_>> {
    let mut tokens = Tokens(text);
    let mut statements = Vec::new();
    let mut depth = 0_u32;
    while let Some(token) = tokens.next() {
        match token {
            Token::Mark('{') => depth += 1,
            Token::Mark('}') => depth = depth.saturating_sub(1),
            Token::Text("udp_send_channel") if depth == 0 => {
                statements.extend(channel(&mut tokens).map(Statement::Channel));
            }
            Token::Text("include") if depth == 0 => {
                statements.extend(pattern(&mut tokens).map(Statement::Include));
            }
            _ => {}
        }
    }
    statements
}

/// The pattern of `include ("PATTERN")`.
fn pattern<'a>(tokens: &mut Tokens<'a>) -> Option<&'a str> {
    tokens.next().filter(|token| *token == Token::Mark('('))?;
    match tokens.next()? {
        Token::Text(pattern) => Some(pattern),
        Token::Mark(_) => None,
    }
}

/// The channel of a section; `None` if it says nowhere to send to.
fn channel(tokens: &mut Tokens<'_>) -> Option<Channel> {
    tokens.next().filter(|token| *token == Token::Mark('{'))?;
    let (mut host, mut group, mut port, mut ttl) = (None, None, PORT, 1);
    let mut before = None;
    while let Some(token) = tokens.next().filter(|token| *token != Token::Mark('}')) {
        let Token::Text(text) = token else { continue };
        match before.replace(text) {
            Some("host") => host = Some(text),
            Some("mcast_join") => group = Some(text),
            Some("port") => port = text.parse().unwrap_or(port),
            Some("ttl") => ttl = text.parse().unwrap_or(ttl),
            _ => continue,
        }
        before = None;
    }
    // gmond, too, prefers the group.
    group.or(host).map(|host| Channel::new(host, port, ttl))
}

/// A part of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    /// A name or a value, without its quotes.
    Text(&'a str),
    Mark(char),
}

/// What is left of the file.
struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip_comments();
        let mut rest = self.0.chars();
        match rest.next()? {
            mark @ ('{' | '}' | '=' | '+' | '(' | ')' | ',') => {
                self.0 = rest.as_str();
                Some(Token::Mark(mark))
            }
            quote @ ('"' | '\'') => {
                let (text, after) = rest.as_str().split_once(quote).unwrap_or((rest.as_str(), ""));
                self.0 = after;
                Some(Token::Text(text))
            }
            _ => Some(Token::Text(self.word())),
        }
    }
}

impl<'a> Tokens<'a> {
    fn skip_comments(&mut self) {
        loop {
            self.0 = self.0.trim_start();
            let is_line = self.0.starts_with('#') || self.0.starts_with("//");
            let end = match () {
                () if is_line => "\n",
                () if self.0.starts_with("/*") => "*/",
                () => return,
            };
            self.0 = self.0.split_once(end).map_or("", |(_, after)| after);
        }
    }

    fn word(&mut self) -> &'a str {
        let is_end = |it: char| it.is_whitespace() || "{}=+(),\"'#".contains(it);
        let end = self.0.find(is_end).unwrap_or(self.0.len());
        // Not in all that is left, once for each word.
        let comment = self.0.get(..end).and_then(|word| word.find("/*"));
        let (word, rest) = self.0.split_at(comment.unwrap_or(end));
        self.0 = rest;
        word
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The channels of a file with this text.
    fn channels(text: &str) -> Vec<Channel> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("gmond.conf");
        fs::write(&file, text).expect("a file");
        channels_of(&file)
    }

    fn found(text: &str) -> Vec<String> {
        channels(text).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_file_of_debian_has_a_group() {
        let file = "/* This configuration is as close to 2.5.x default behavior as possible */\n\
                    globals {\n  daemonize = yes\n  host_dmax = 0 /*secs */\n}\n\
                    udp_send_channel { \n  mcast_join = 239.2.11.71 \n  port = 8649 \n  ttl = 3 \n}\n\
                    udp_recv_channel { \n  mcast_join = 239.2.11.72 \n  port = 8650 \n}\n\
                    tcp_accept_channel { \n  port = 8649 \n}\n";
        assert_eq!(found(file), ["udp://239.2.11.71:8649"]);
        assert_eq!(channels(file), [Channel::new("239.2.11.71", 8649, 3)]);
    }

    #[test]
    fn all_channels_are_found_as_people_write_them() {
        for (text, expected) in [
            ("udp_send_channel{host=\"gmond.example\"port=8650}", "udp://gmond.example:8650"),
            ("udp_send_channel {\n# host = no\nhost = 'a' // b\n}", "udp://a:8649"),
            ("udp_send_channel { bind_hostname = yes host = a ttl = x }", "udp://a:8649"),
            ("udp_send_channel { host = a mcast_join = 239.0.0.1 }", "udp://239.0.0.1:8649"),
            ("udp_send_channel { host = ::1 port = 1/* one */ }", "udp://[::1]:1"),
            ("\u{feff}x\nudp_send_channel { host = port port = 5 }", "udp://port:5"),
        ] {
            assert_eq!(found(text), [expected], "{text}");
        }
        assert_eq!(
            found("udp_send_channel { host = a }\nudp_send_channel { host = b }"),
            ["udp://a:8649", "udp://b:8649"]
        );
    }

    #[test]
    fn a_file_without_a_channel_has_none() {
        for text in [
            "",
            "globals { deaf = yes }",
            "udp_send_channel { port = 8649 }",
            "udp_send_channel",
            "/* udp_send_channel { host = a } */",
            "# udp_send_channel { host = a }",
            "modules { udp_send_channel { host = a } }",
            "title = \"udp_send_channel { host = a }\"",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
        assert!(channels_of(Path::new("/nowhere/gmond.conf")).is_empty());
    }

    #[test]
    fn included_files_are_read_in_the_order_of_their_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        let write = |name: &str, text: &str| fs::write(path(name), text).expect("a file");
        let include = |pattern: &str| format!("include ('{}')\n", path(pattern).display());
        let channel = |host: &str| format!("udp_send_channel {{ host = {host} }}\n");
        write("one", &channel("one"));
        for name in ["b.conf", "a.conf", "c.conf~", ".d.conf", "xconf"] {
            write(name, &channel(name));
        }
        fs::create_dir(path("e.conf")).expect("a folder");
        write("self", &[channel("self"), include("self")].concat());
        for (text, expected) in [
            ([include("*.conf"), channel("last")].concat(), &["a.conf", "b.conf", "last"][..]),
            (include("one"), &["one"]),
            (include("?.conf"), &["a.conf", "b.conf"]),
            (include("[*"), &[]),
            (include("nowhere/*"), &[]),
            ("include ()include ( include".to_owned(), &[]),
            (format!("modules {{ {} }}", include("one")), &[]),
            (include("self"), &["self"]),
        ] {
            let hosts: Vec<_> = expected.iter().map(|host| format!("udp://{host}:8649")).collect();
            assert_eq!(found(&text), hosts, "{text}");
        }
    }

    #[test]
    fn files_are_included_no_deeper_than_in_gmond() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |depth: usize| folder.path().join(depth.to_string());
        for depth in 0..20 {
            let include = format!("include ('{}')", path(depth + 1).display());
            let text = format!("udp_send_channel {{ host = {depth} }} {include}");
            fs::write(path(depth), text).expect("a file");
        }
        assert_eq!(channels_of(&path(0)).len(), 1 + MAX_DEPTH);
    }

    #[test]
    fn a_huge_file_is_read_in_part() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(&file, "udp_send_channel { host = a } #").expect("a file");
        file.as_file().set_len(1 << 42).expect("a file with a hole");
        let hosts: Vec<_> = channels_of(file.path()).iter().map(ToString::to_string).collect();
        assert_eq!(hosts, ["udp://a:8649"]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in r#"(udp_send_channel|include|host|[{}()="'#/* \nä])*"#) {
            statements(&text);
        }
    }
}
