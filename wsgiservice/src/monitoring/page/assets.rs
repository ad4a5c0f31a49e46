//! The style and the script of the page.

use wsgiservice_macros::{mount, resource};

use crate::site::Mounting;

pub(super) const STYLE: &str = include_str!("style.css");

pub(super) const SCRIPT: &str = include_str!("script.js");

pub(super) fn resources() -> [Mounting; 2] {
    [Mounting::new(Style), Mounting::new(Script)]
}

/// What the page adds to the style of the help page. A new version has a new URL, since the page adds what changes with the file.
#[mount("/_internal/stats/style", representations = [css], etag = auto, crate = crate)]
struct Style;

#[resource(crate = crate)]
impl Style {
    #[expires(days = 365)]
    fn get(&self) -> &'static str {
        STYLE
    }

    #[representation(".css", "text/css")]
    fn css(&self, style: &&'static str) -> &'static str {
        style
    }
}

/// The script of the page.
#[mount("/_internal/stats/script", representations = [js], etag = auto, crate = crate)]
struct Script;

#[resource(crate = crate)]
impl Script {
    #[expires(days = 365)]
    fn get(&self) -> &'static str {
        SCRIPT
    }

    #[representation(".js", "text/javascript")]
    fn js(&self, script: &&'static str) -> &'static str {
        script
    }
}
