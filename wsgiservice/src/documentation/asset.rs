//! The style sheets and the scripts that pages load.

use wsgiservice_macros::{mount, resource};

use crate::site::Mounting;

/// A style sheet or a script that a page loads. Clients may keep it for long: a new version has a new URL, since pages add what
/// changes with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asset {
    kind: Kind,
    /// Its path, without an extension.
    path: &'static str,
    pub(crate) text: &'static str,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Style,
    Script,
}

impl Asset {
    pub(crate) const fn style(path: &'static str, text: &'static str) -> Self {
        Self { kind: Kind::Style, path, text }
    }

    pub(crate) const fn script(path: &'static str, text: &'static str) -> Self {
        Self { kind: Kind::Script, path, text }
    }

    /// The resource that has it.
    pub(crate) fn mounting(self) -> Mounting {
        let mut mounting = match self.kind {
            Kind::Style => Mounting::new(Style(self.text)),
            Kind::Script => Mounting::new(Script(self.text)),
        };
        mounting.mount.path = self.path;
        mounting
    }

    /// What changes with it.
    pub(crate) fn fingerprint(self) -> String {
        format!("{:x}", xxhash_rust::xxh3::xxh3_64(self.text.as_bytes()))
    }
}

#[mount("/_internal/style", representations = [css], etag = auto, crate = crate)]
struct Style(&'static str);

#[resource(crate = crate)]
impl Style {
    #[expires(days = 365)]
    fn get(&self) -> &'static str {
        self.0
    }

    #[representation(".css", "text/css")]
    fn css(&self, style: &&'static str) -> &'static str {
        style
    }
}

#[mount("/_internal/script", representations = [js], etag = auto, crate = crate)]
struct Script(&'static str);

#[resource(crate = crate)]
impl Script {
    #[expires(days = 365)]
    fn get(&self) -> &'static str {
        self.0
    }

    #[representation(".js", "text/javascript")]
    fn js(&self, script: &&'static str) -> &'static str {
        script
    }
}
