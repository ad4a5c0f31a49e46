//! What a listener wants to be told, where, and how.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use wsgiservice::Parameter;
use wsgiservice_client::Locate;

use crate::{dispatcher::UrlTarget, signature::Signer};

/// The topics whose paths are those of the service itself.
pub(crate) const RESERVED: [&str; 3] = ["message", "listener", "dead"];

/// The locator of the user of the message, which is the default.
const USER: &str = "user";

/// The longest time in which a listener may respond, in milliseconds.
pub(crate) const LONGEST_TIMEOUT: u32 = 600_000;

/// The most attempts that a listener may ask for.
pub(crate) const MOST_ATTEMPTS: u32 = 100;

/// The most deliveries at the same time that a listener may ask for.
pub(crate) const MOST_AT_A_TIME: u32 = 256;

/// How many listeners the API adds: the spool is polled for each of them, and a message may have a delivery for each.
pub(crate) const MOST_LISTENERS: i64 = 500;

/// The longest time for which a delivery is held back, in milliseconds: a day.
pub(crate) const LONGEST_WINDOW: u32 = 86_400_000;

/// A listener: the topics of its messages, and where they are delivered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Listener {
    /// The name: letters, digits, `-` and `_`.
    pub name: String,
    /// The names of its topics.
    pub topics: Vec<String>,
    /// The service that is called, as the topology names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Which cluster is called: `user`, that of the user of the message, or `closest`, `random`, `first`, `cluster:NAME`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locator: Option<String>,
    /// The path that is called of the service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// In place of the service: the URL that is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// How long a response may take, in milliseconds.
    #[serde(default = "defaults::timeout_ms")]
    pub timeout_ms: u32,
    /// After how many attempts a delivery is dead.
    #[serde(default = "defaults::max_attempts")]
    pub max_attempts: u32,
    /// How many deliveries are sent at the same time.
    #[serde(default = "defaults::concurrency")]
    pub concurrency: u32,
    /// Which deliveries come one after the other.
    #[serde(default)]
    pub ordered: Ordered,
    /// How long a delivery is held back, so that what it is about can be undone.
    #[serde(default)]
    pub undo_window_ms: u32,
    /// The secret that signs deliveries, as Standard Webhooks writes it: `whsec_` and base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// Which deliveries of a listener come one after the other.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Parameter,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Ordered {
    /// None: a delivery waits for no other.
    #[default]
    None,
    /// Those of the same user, in the order in which their messages were accepted.
    User,
}

/// What a listener has that does not say it.
pub(crate) mod defaults {
    pub(crate) fn timeout_ms() -> u32 {
        10_000
    }

    pub(crate) fn max_attempts() -> u32 {
        20
    }

    pub(crate) fn concurrency() -> u32 {
        8
    }
}

impl Listener {
    /// A listener to these topics with the default settings, to which `service` and `path`, or `url`, are still to be added.
    #[must_use]
    pub fn new(name: &str, topics: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            topics: topics.iter().map(ToString::to_string).collect(),
            service: None,
            locator: None,
            path: None,
            url: None,
            timeout_ms: defaults::timeout_ms(),
            max_attempts: defaults::max_attempts(),
            concurrency: defaults::concurrency(),
            ordered: Ordered::default(),
            undo_window_ms: 0,
            secret: None,
        }
    }

    /// What is wrong with it, in this cluster.
    pub(crate) fn mistakes(&self, cluster: &str) -> Vec<String> {
        let mut mistakes = Vec::new();
        mistakes.extend(self.mistake_in_name());
        mistakes.extend(self.mistakes_in_topics());
        mistakes.extend(self.mistakes_in_target(cluster));
        mistakes.extend(self.mistakes_in_numbers());
        if let Some(secret) = &self.secret
            && let Err(mistake) = Signer::new(secret)
        {
            mistakes.push(format!("`secret`: {mistake}"));
        }
        mistakes
    }

    fn mistake_in_name(&self) -> Option<String> {
        (!is_name(&self.name))
            .then(|| "`name`: expected 1 to 64 letters, digits, `-` and `_`".to_owned())
    }

    fn mistakes_in_topics(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        if !(1..=100).contains(&self.topics.len()) {
            mistakes.push("`topics`: expected 1 to 100 names".to_owned());
        }
        for topic in &self.topics {
            if RESERVED.contains(&topic.as_str()) {
                mistakes.push(format!("`topics`: `{topic}` is reserved"));
            } else if !is_name(topic) {
                mistakes.push(format!(
                    "`topics`: expected 1 to 64 letters, digits, `-` and `_`: {topic:?}"
                ));
            }
        }
        mistakes
    }

    fn mistakes_in_target(&self, cluster: &str) -> Vec<String> {
        let mistake = match (&self.service, &self.url) {
            (Some(_), None) => return self.mistakes_in_service(),
            (None, Some(_)) if self.locator.is_some() => "`locator`: a URL has none",
            (None, Some(_)) if self.path.is_some() => "`path`: it is a part of the URL",
            (None, Some(url)) => {
                let mistake = UrlTarget::parse(url, cluster).err();
                return mistake.map(|mistake| format!("`url`: {mistake}")).into_iter().collect();
            }
            (Some(_), Some(_)) => "`service` and `url` exclude each other",
            (None, None) => "`service` or `url` is required",
        };
        vec![mistake.to_owned()]
    }

    fn mistakes_in_service(&self) -> Vec<String> {
        let mut mistakes = Vec::new();
        if let Some(locator) = &self.locator
            && locate(locator, "").is_none()
        {
            let known = "`user`, `closest`, `random`, `first` or `cluster:NAME`";
            mistakes.push(format!("`locator`: expected {known}"));
        }
        match &self.path {
            Some(path) if is_path(path) => {}
            Some(_) => {
                mistakes.push("`path`: expected one that is absolute, without a query".into());
            }
            None => mistakes.push("`path` is required with a service".to_owned()),
        }
        mistakes
    }

    fn mistakes_in_numbers(&self) -> impl Iterator<Item = String> {
        let numbers = [
            ("timeout_ms", self.timeout_ms, 1, LONGEST_TIMEOUT),
            ("max_attempts", self.max_attempts, 1, MOST_ATTEMPTS),
            ("concurrency", self.concurrency, 1, MOST_AT_A_TIME),
            ("undo_window_ms", self.undo_window_ms, 0, LONGEST_WINDOW),
        ];
        let wrong = numbers.into_iter().filter(|(_, it, least, most)| it < least || it > most);
        wrong.map(|(name, _, least, most)| format!("`{name}`: expected {least} to {most}"))
    }

    /// Where a delivery for a user goes, by the locator.
    pub(crate) fn locate(&self, user: &str) -> Option<Locate> {
        locate(self.locator.as_deref().unwrap_or(USER), user)
    }
}

/// Reads a locator, for a user.
fn locate(text: &str, user: &str) -> Option<Locate> {
    match text.parse() {
        _ if text == USER => Some(Locate::User(user.to_owned())),
        // Which user it is, the message says.
        Ok(Locate::User(_)) | Err(_) => None,
        Ok(Locate::First { .. }) => Some(Locate::First { changes: true }),
        Ok(locate) => Some(locate),
    }
}

/// The characters and the length that the names of listeners and topics have.
pub(crate) fn is_name(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(is_part)
}

fn is_path(path: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_graphic() && !b"?#\"<>\\^`{|}".contains(&byte);
    let has_dots = path.split('/').any(|segment| matches!(segment, "." | ".."));
    path.starts_with('/') && !path.starts_with("//") && path.bytes().all(is_part) && !has_dots
}

/// Refuses listeners of the settings that have mistakes.
///
/// # Errors
///
/// One error with all mistakes, each with its place.
pub(crate) fn check(listeners: &[Listener], cluster: &str) -> Result<(), String> {
    let mut mistakes = Vec::new();
    let mut names = BTreeSet::new();
    for (position, listener) in listeners.iter().enumerate() {
        let place = format!("`listeners[{position}]` ({:?})", listener.name);
        mistakes
            .extend(listener.mistakes(cluster).iter().map(|mistake| format!("{place}: {mistake}")));
        if !names.insert(&listener.name) {
            mistakes.push(format!("{place}: `name`: another listener has it"));
        }
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes.join("\n")) }
}

/// Without the secret.
impl std::fmt::Debug for Listener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Listener")
            .field("name", &self.name)
            .field("topics", &self.topics)
            .field("service", &self.service)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_mistakes_are_named_with_their_places() {
        let right = Listener {
            service: Some("index".to_owned()),
            path: Some("/1/event".to_owned()),
            ..Listener::new("index", &["item"])
        };
        assert_eq!(check(std::slice::from_ref(&right), "c1"), Ok(()));
        let wrong = Listener {
            topics: vec!["dead".to_owned(), "a*".to_owned()],
            locator: Some("user:abc".to_owned()),
            path: Some("1/event?x".to_owned()),
            concurrency: 0,
            secret: Some("whsec_AAAA".to_owned()),
            ..right.clone()
        };
        let url =
            Listener { url: Some("ftp://example.org".to_owned()), ..Listener::new("a.b", &[]) };
        let expected = [
            "`listeners[1]` (\"index\"): `topics`: `dead` is reserved",
            "`listeners[1]` (\"index\"): `topics`: expected 1 to 64 letters, digits, `-` and `_`: \"a*\"",
            "`listeners[1]` (\"index\"): `locator`: expected `user`, `closest`, `random`, `first` or `cluster:NAME`",
            "`listeners[1]` (\"index\"): `path`: expected one that is absolute, without a query",
            "`listeners[1]` (\"index\"): `concurrency`: expected 1 to 256",
            "`listeners[1]` (\"index\"): `secret`: expected 24 to 64 bytes in base64 after `whsec_`",
            "`listeners[1]` (\"index\"): `name`: another listener has it",
            "`listeners[2]` (\"a.b\"): `name`: expected 1 to 64 letters, digits, `-` and `_`",
            "`listeners[2]` (\"a.b\"): `topics`: expected 1 to 100 names",
            "`listeners[2]` (\"a.b\"): `url`: expected `http://…` or `https://…`",
        ];
        let mistakes = check(&[right, wrong, url], "c1").expect_err("mistakes");
        assert_eq!(mistakes.lines().collect::<Vec<_>>(), expected);
    }
}
