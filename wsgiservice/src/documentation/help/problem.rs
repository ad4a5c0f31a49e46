//! `/_internal/problems/NAME`: what a type of problems means. Its URI leads here.

use std::sync::Arc;

use maud::{DOCTYPE, html};
use wsgiservice_macros::{mount, resource};

use super::{STYLE, markdown::markdown};
use crate::site::{Mounting, problem_types::DescribedType};

/// The resource that describes these types.
pub(crate) fn resource(types: Vec<DescribedType>) -> Mounting {
    Mounting::new(Page { types: types.into() })
}

/// The types of problems of this service.
#[mount("/_internal/problems/{name}", etag = auto, crate = crate)]
struct Page {
    types: Arc<[DescribedType]>,
}

#[resource(crate = crate)]
impl Page {
    fn get(&self, name: String) -> Option<DescribedType> {
        self.types.iter().find(|known| known.name == name).cloned()
    }

    #[representation(".html", "text/html")]
    fn html(&self, described: &DescribedType) -> String {
        let DescribedType { title, status, description, members, methods, .. } = described;
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (title) }
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href={ "../help/style.css?" (STYLE.fingerprint()) };
                }
                body {
                    header {
                        h1 { (title) }
                        p.quiet { "A problem with the status " (status) "." }
                    }
                    main {
                        (markdown(description))
                        @if !members.is_empty() {
                            h2 { "Members of the document" }
                            ul { @for member in *members { li { code { (member) } } } }
                        }
                        h2 { "Methods" }
                        ul { @for method in methods { li { code { (method) } } } }
                        p { a href="../help" { "The documentation of the service" } }
                    }
                }
            }
        }
        .into_string()
    }
}
