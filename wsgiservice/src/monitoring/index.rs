//! `/_internal`: what else there is.

use serde::Serialize;
use wsgiservice_macros::{mount, resource};

use crate::{
    documentation::help,
    site::{Mounting, resource_paths},
};

/// What a service tells of itself: the target below `/_internal`, and what it is.
const ENTRIES: [(&str, &str); 7] = [
    ("help", "The documentation of the service."),
    ("openapi", "The documentation as an OpenAPI document."),
    ("stats", "Statistics of the requests, the connections and the process."),
    ("metrics", "The same for Prometheus."),
    ("health", "What the checks of the service find."),
    ("live", "Whether the process responds."),
    ("ready", "Whether the service takes requests."),
];

pub(super) fn resource() -> Mounting {
    Mounting::new(Index)
}

/// What this service tells of itself.
#[mount("/_internal", crate = crate)]
struct Index;

#[resource(crate = crate)]
impl Index {
    fn get(&self) -> Vec<Entry> {
        let base = resource_paths::base();
        let entry =
            |(name, description)| Entry { path: format!("{base}/_internal/{name}"), description };
        ENTRIES.map(entry).into()
    }

    #[representation(".html", "text/html")]
    fn html(&self, entries: &Vec<Entry>) -> String {
        let (base, style) = (resource_paths::base(), help::STYLE.fingerprint());
        maud::html! {
            (maud::DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { "Internal resources" }
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href=(format!("{base}/_internal/help/style.css?{style}"));
                }
                body {
                    header { h1 { "Internal resources" } }
                    main {
                        ul {
                            @for Entry { path, description } in entries {
                                li { a href=(path) { (path) } ": " (description) }
                            }
                        }
                    }
                }
            }
        }
        .into_string()
    }
}

#[derive(Debug, Serialize)]
struct Entry {
    path: String,
    description: &'static str,
}
