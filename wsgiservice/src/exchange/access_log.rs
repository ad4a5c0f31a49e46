//! One line in the log for each request, when it has ended.

use std::net::SocketAddr;

use http::{HeaderMap, HeaderName, header};
use tracing::Level;

use crate::{
    http::{identity::Identity, incoming::Request, loggable::Loggable, urlencoded},
    site::Site,
    statistics::Ended,
};

/// The target of the lines, by which a filter of the log can select them.
const TARGET: &str = "wsgiservice::access";

/// What stands for the value of a secret.
const HIDDEN: &str = "[hidden]";

/// What the line of a request says of it. It outlives the request, whose response may be a stream.
pub(super) struct Line {
    method: String,
    template: Option<String>,
    request_target: Option<String>,
    peer: Option<SocketAddr>,
    identity: Identity,
    referer: Option<String>,
    from: Option<String>,
    user_agent: Option<String>,
}

/// Whether the lines of requests are logged.
#[inline(always)]
pub(super) fn is_enabled() -> bool {
    tracing::enabled!(target: TARGET, Level::INFO)
}

/// Logs a request whose head cannot be parsed.
#[cfg(feature = "server")]
pub(super) fn log_malformed(identity: Identity, peer: Option<SocketAddr>, ended: &Ended) {
    let line = Line {
        peer,
        ..Line::new(crate::statistics::MethodLabel::default().as_str().to_owned(), identity)
    };
    line.write(ended);
}

impl Line {
    fn new(method: String, identity: Identity) -> Self {
        Self {
            method,
            template: None,
            request_target: None,
            peer: None,
            identity,
            referer: None,
            from: None,
            user_agent: None,
        }
    }

    #[cold]
    pub(super) fn of(
        site: &Site,
        request: &Request,
        template: Option<&str>,
        identity: Identity,
    ) -> Self {
        let fields = request.fields();
        Self {
            template: template.map(str::to_owned),
            request_target: Some(Loggable(target(site, request)).to_string()),
            peer: request.peer(),
            referer: field(fields, header::REFERER)
                .map(|it| Loggable(without_secrets(&it)).to_string()),
            from: field(fields, header::FROM).map(|it| Loggable(it).to_string()),
            user_agent: field(fields, header::USER_AGENT).map(|it| Loggable(it).to_string()),
            ..Self::new(Loggable(request.method()).to_string(), identity)
        }
    }

    pub(super) fn write(&self, ended: &Ended) {
        tracing::info!(
            target: TARGET,
            method = %self.method,
            template = self.template.as_ref().map(display),
            status = ended.status,
            bytes = ended.sent,
            ms = (ended.nanos / 1000) as f64 / 1000.0,
            peer = self.peer.map(display),
            request_target = self.request_target.as_ref().map(display),
            referer = self.referer,
            from = self.from,
            user_agent = self.user_agent,
            request_id = %self.identity.id(),
            trace_id = %self.identity.trace_id(),
        );
    }
}

/// The target of a request, without the values that are secret.
fn target(site: &Site, request: &Request) -> String {
    let target = request.target();
    let path = match target.authority() {
        // That of `CONNECT`.
        Some(authority) if target.path().is_empty() => {
            authority.as_str().rsplit('@').next().unwrap_or_default()
        }
        _ => target.path(),
    };
    let Some(query) = target.query() else { return path.to_owned() };
    let parts = query.split('&').map(|part| {
        let name = urlencoded::pairs(part.as_bytes()).next().map(|(name, _)| name);
        match name.filter(|name| site.is_secret(name)) {
            Some(_) => format!("{}={HIDDEN}", part.split('=').next().unwrap_or_default()),
            None => part.to_owned(),
        }
    });
    format!("{path}?{}", parts.collect::<Vec<_>>().join("&"))
}

/// The reference without what can be a secret of another site: its user information, query and fragment.
fn without_secrets(reference: &str) -> String {
    let end = reference.find(['?', '#']).unwrap_or(reference.len());
    let (reference, _) = reference.split_at(end);
    // Browsers take any slashes and backslashes for `//`.
    let slashes = ['/', '\\'];
    let scheme = reference.find(slashes).unwrap_or_default();
    let rest = reference.get(scheme..).unwrap_or_default().trim_start_matches(slashes);
    let (start, _) = reference.split_at(reference.len() - rest.len());
    let (authority, path) = rest.split_at(rest.find(slashes).unwrap_or(rest.len()));
    match (start.rsplit_once('@'), authority.rsplit_once('@')) {
        (Some((_, host)), _) => format!("{host}{rest}"),
        (None, Some((_, host))) if start != "/" => format!("{start}{host}{path}"),
        _ => reference.to_owned(),
    }
}

fn field(fields: &HeaderMap, name: HeaderName) -> Option<String> {
    Some(String::from_utf8_lossy(fields.get(name)?.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_logged_without_secrets() {
        for (reference, expected) in [
            ("https://a.example/b", "https://a.example/b"),
            ("https://user:pass@a.example/b?token=1#c", "https://a.example/b"),
            ("https://a.example?q", "https://a.example"),
            ("about:blank", "about:blank"),
            ("/b?c", "/b"),
            ("https://a@b@c", "https://c"),
            ("//user:pass@a.example/b", "//a.example/b"),
            ("https:\\\\user:pass@a.example\\b", "https:\\\\a.example\\b"),
            ("https:/user:pass@a.example/b@c", "https:/a.example/b@c"),
            ("user:pass@a.example/b", "a.example/b"),
            ("user:pass@a.example", "a.example"),
            ("mailto:anna@example.org", "example.org"),
            ("https://a.example/b@c", "https://a.example/b@c"),
            ("/b@c", "/b@c"),
            ("a", "a"),
            ("", ""),
        ] {
            assert_eq!(without_secrets(reference), expected);
        }
    }
}
