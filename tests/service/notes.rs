//! A service with settings of its own.

use std::time::Duration;

use bytes::Bytes;
use wsgiservice::{
    Application, Secret, Settings, mount, resource,
    server::{Limits, Seconds},
};

const LONGEST: usize = 20;

/// Keeps notes.
#[derive(Settings)]
struct Options {
    /// The database to keep notes in.
    ///
    /// It is created if it is missing.
    #[setting(default = "sqlite::memory:")]
    database: String,
    /// The key that signs links.
    #[setting(len = 1..)]
    key: Secret<String>,
    /// A word.
    #[setting(re = "[a-z0-9]*", len = ..=LONGEST)]
    word: Option<String>,
    /// Whether to log more.
    #[setting(default = false)]
    verbose: bool,
    /// Numbers.
    #[setting(default = [1, 2], range = ..=9)]
    numbers: Vec<u8>,
    #[setting(table)]
    mail: Mail,
    #[setting(table)]
    archive: Option<Archive>,
}

#[derive(Debug, Settings)]
struct Mail {
    /// The servers that send mails.
    #[setting(default = ["localhost"])]
    servers: Vec<String>,
    /// How long to wait for them, in seconds.
    #[setting(default = 2.5, from = Seconds, value_name = "SECONDS", range = ..=60)]
    patience: Duration,
}

#[derive(Debug, Settings)]
struct Archive {
    /// The folder.
    folder: String,
    /// The number of copies.
    #[setting(default = 3, range = 1..=5)]
    copies: u8,
}

#[mount("/")]
struct Notes {
    options: String,
}

#[resource]
impl Notes {
    fn get(&self) -> String {
        self.options.clone()
    }

    fn post(&self, content: Bytes) -> usize {
        content.len()
    }
}

fn main() -> wsgiservice::Result<()> {
    wsgiservice::run(async |options: Options| {
        let Options { database, key, word, verbose, numbers, mail, archive } = options;
        let length = key.expose().len();
        let options =
            format!("{database} {length} {word:?} {verbose} {numbers:?} {mail:?} {archive:?}");
        let mut limits = Limits::default();
        limits.content = 16;
        limits.target = 20;
        Ok(Application::new("notes").mount(Notes { options }).limits(limits))
    })
}
