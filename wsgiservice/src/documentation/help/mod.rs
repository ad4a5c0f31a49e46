//! `/_internal/help` and `/_internal/openapi`: the documentation, served by resources of the framework itself.

mod curl;
mod markdown;
mod page;
mod problem;
#[cfg(feature = "command-line")]
mod static_files;

use std::sync::Arc;

use http::{HeaderValue, header};
use serde::{Serialize, Serializer};
use wsgiservice_macros::{mount, resource};

pub(crate) use self::page::{CONTENT_SECURITY_POLICY, anchor_of, policy_of_page, verb};
use self::page::{PageSettings, page};
#[cfg(feature = "command-line")]
pub(crate) use self::static_files::write;
use super::{Asset, Documentation, data, openapi, tree::Tree};
use crate::{
    answer::WithFields,
    http::incoming::Request,
    site::{Mounting, problem_types::DescribedType, resource_paths},
};

/// The style of the page. Other pages of a service have it, too.
pub(crate) const STYLE: Asset = Asset::style("/_internal/help/style", include_str!("style.css"));

const SCRIPT: Asset = Asset::script("/_internal/help/script", include_str!("script.js"));

/// The origin of the example requests if the host is unknown.
const ORIGIN: &str = "http://127.0.0.1:8001";

/// The resources that serve the documentation.
pub(crate) fn resources(
    documentation: &Arc<Documentation>,
    problem_types: Vec<DescribedType>,
) -> Vec<Mounting> {
    let help = Help { documentation: Arc::clone(documentation) };
    let document = Document { documentation: Arc::clone(documentation) };
    vec![
        Mounting::new(help),
        Mounting::new(document),
        STYLE.mounting(),
        SCRIPT.mounting(),
        problem::resource(problem_types),
    ]
}

/// The documentation of this service.
#[mount("/_internal/help", etag = auto, crate = crate)]
struct Help {
    documentation: Arc<Documentation>,
}

#[resource(crate = crate)]
impl Help {
    /// Return the documentation.
    fn get(&self, request: &Request) -> WithFields<View> {
        let host = request.fields().get(header::HOST).and_then(|host| host.to_str().ok());
        let origin = host.map_or_else(|| ORIGIN.to_owned(), |host| format!("http://{host}"));
        let origin = origin + &resource_paths::base();
        let view = View { documentation: Arc::clone(&self.documentation), origin };
        let policy = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
        WithFields::new(view).field(header::CONTENT_SECURITY_POLICY, policy)
    }

    #[representation(".html", "text/html")]
    fn html(&self, view: &View) -> String {
        let settings = PageSettings { assets: "help/", base: Some(".."), origin: &view.origin };
        page(&view.documentation, settings)
    }
}

/// The documentation, with the origin and the base path that the client used.
struct View {
    documentation: Arc<Documentation>,
    origin: String,
}

impl Serialize for View {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        data::tree(&self.documentation).serialize(serializer)
    }
}

/// The OpenAPI document of this service.
#[mount("/_internal/openapi", representations = [json], etag = auto, crate = crate)]
struct Document {
    documentation: Arc<Documentation>,
}

#[resource(crate = crate)]
impl Document {
    fn get(&self) -> Tree {
        openapi::document(&self.documentation, &resource_paths::base())
    }
}
