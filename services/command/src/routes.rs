//! Which service has which resource.

use std::{collections::BTreeMap, sync::Arc};

use percent_encoding::percent_decode_str;

/// The resources of the services of this repository.
pub(crate) const DEFAULT: &str =
    "item=storage,derived=storage,attachment=storage,label=label,label_item=label";

/// The resources of Command itself.
const RESERVED: [&str; 5] = ["batch", "undo", "placement", "export", "import"];

/// Which service has which resource. It is cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Routes(Arc<BTreeMap<String, String>>);

/// The list of the resources is wrong.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` in the setting `resources` is wrong: {1}")]
pub(crate) struct WrongRoute(String, &'static str);

/// What a path is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) service: String,
    /// The user, decoded.
    pub(crate) user: String,
}

impl Routes {
    pub(crate) fn parse(text: &str) -> Result<Self, WrongRoute> {
        let wrong = |route: &str, why| WrongRoute(route.to_owned(), why);
        let mut routes = BTreeMap::new();
        for route in text.split(',').map(str::trim).filter(|route| !route.is_empty()) {
            let Some((resource, service)) = route.split_once('=') else {
                return Err(wrong(route, "expected `RESOURCE=SERVICE`"));
            };
            if RESERVED.contains(&resource) {
                return Err(wrong(route, "the name of this resource is reserved"));
            }
            routes.insert(resource.to_owned(), service.to_owned());
        }
        Ok(Self(Arc::new(routes)))
    }

    /// The service of a resource.
    pub(crate) fn service(&self, resource: &str) -> Option<&str> {
        self.0.get(resource).map(String::as_str)
    }

    /// What a path such as `/1/item/USER/ID` is about, if its resource is known.
    pub(crate) fn place(&self, path: &str) -> Result<Place, String> {
        let mut segments = path.split('/');
        let (Some(""), Some("1"), Some(resource), Some(user)) =
            (segments.next(), segments.next(), segments.next(), segments.next())
        else {
            return Err("the path must be /1/RESOURCE/USER or longer".to_owned());
        };
        let service = self.service(resource).ok_or_else(|| self.unknown(resource))?.to_owned();
        let is_dots =
            |it: &str| matches!(&*percent_decode_str(it).decode_utf8_lossy(), "" | "." | "..");
        if is_dots(user) || segments.any(is_dots) {
            return Err("a segment of the path is empty, `.` or `..`".to_owned());
        }
        let user = percent_decode_str(user).decode_utf8();
        let user = user.map_err(|_| "the user is not UTF-8")?.into_owned();
        Ok(Place { service, user })
    }

    fn unknown(&self, resource: &str) -> String {
        let known: Vec<_> = self.0.keys().map(String::as_str).collect();
        format!("no service has the resource `{resource}`; there are {}", known.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_its_service_and_its_user() {
        let routes = Routes::parse(DEFAULT).expect("routes");
        let place = routes.place("/1/label_item/a%2Fb/inbox/x").expect("a place");
        assert_eq!((place.service.as_str(), place.user.as_str()), ("label", "a/b"));
        for path in [
            "",
            "/",
            "/1/item",
            "/2/item/u",
            "/1/other/u",
            "/1/item//a",
            "/1/item/u/%2e",
            "1/item/u",
        ] {
            assert!(routes.place(path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_reserved_resource_has_no_other_service() {
        for text in ["undo=storage", "item", "item=storage,batch=x"] {
            assert!(Routes::parse(text).is_err(), "{text}");
        }
    }
}
