//! The representations of values, and writing the selected one.

mod represent;
mod variant;

use http::HeaderValue;
use wsgiservice_grammar::representation::BUILT_IN;

pub use self::represent::{OwnRepresentation, Represent};
pub(crate) use self::variant::Variant;
use crate::{
    declaration::{Mount, Operations, Returns},
    formats::coding::{Coding, encode::is_compressible},
    http::accept::{Offer, Offers},
};

/// The root element of a problem in the XML of the Python original.
const XML_ROOT: &str = "response";

/// The writer of a representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// JSON.
    Json,
    /// XML with this root element.
    Xml(&'static str),
    /// The XML of problems (RFC 9457, appendix B).
    ProblemXml,
    /// The function of the resource at this position.
    Own(usize),
}

/// The representations of one operation, in the order of the resource.
#[derive(Debug)]
pub(crate) struct Representations {
    pub(crate) offers: Offers,
    all: Vec<Representation>,
}

/// One representation of what an operation returns.
#[derive(Debug)]
pub(crate) struct Representation {
    pub(crate) extension: &'static str,
    pub(crate) media_type: &'static str,
    pub(crate) content_type: HeaderValue,
    /// Whether it is sent in a content coding if the client accepts one and the content is long enough.
    pub(crate) can_be_coded: bool,
    pub(crate) writer: Writer,
}

/// The media types of a problem document (RFC 9457, section 3 and appendix B). Only these are documented, and not its
/// page: a client with types would have to tell the document from the text of the page.
pub(crate) const PROBLEM_DOCUMENTS: [&str; 2] =
    ["application/problem+json", "application/problem+xml"];

impl Representations {
    /// Collects the representations of the type that an operation returns.
    pub(crate) fn new(
        mount: &Mount,
        operations: &Operations,
        returns: &Returns,
    ) -> Result<Self, String> {
        let mut own = own(operations, returns)?;
        let mut all = Vec::new();
        for name in mount.representations {
            // A representation of the resource replaces the built-in one with the same extension.
            match own.iter().position(|representation| representation.extension == *name) {
                Some(position) => all.push(own.remove(position)),
                None => all.extend(built_in(name, mount.xml_root)),
            }
        }
        all.extend(own);
        if returns.value.is_some() && all.is_empty() {
            return Err("the returned value has no representation".to_owned());
        }
        Self::from(all)
    }

    /// The one representation of an operation that always responds with this media type.
    pub(crate) fn of_media_type(name: &'static str) -> Result<Self, String> {
        Self::from(representation("", name, Writer::Own(0)).into_iter().collect())
    }

    /// The representations of what is never sent.
    pub(crate) fn none() -> Self {
        Self { offers: Offers::from_iter([]), all: Vec::new() }
    }

    /// Collects the representations of a problem, in the order of the resource.
    ///
    /// A client that accepts JSON or XML gets the media type of a problem in it (RFC 9457, section 3). One that accepts only
    /// `text/xml` gets what the Python original wrote.
    pub(crate) fn of_problems(order: &[&str]) -> Self {
        let chosen = order.iter().filter(|name| BUILT_IN.contains(name));
        let others = BUILT_IN.iter().filter(|name| !order.contains(name));
        let [json, xml] = PROBLEM_DOCUMENTS;
        let problem_types = [
            representation("json", json, Writer::Json),
            representation("xml", xml, Writer::ProblemXml),
            representation("html", "text/html", Writer::Own(0)),
        ];
        let all = chosen.chain(others).flat_map(|name| of_problem(name));
        let mut problems = Self::from(all.chain(problem_types.into_iter().flatten()).collect())
            .unwrap_or_else(|_| Self::none());
        for representation in &mut problems.all {
            let sent = match representation.writer {
                Writer::Json => content_type(json),
                Writer::ProblemXml => content_type(xml),
                Writer::Xml(_) | Writer::Own(_) => None,
            };
            representation.content_type =
                sent.unwrap_or_else(|| representation.content_type.clone());
        }
        problems
    }

    fn from(all: Vec<Representation>) -> Result<Self, String> {
        let offers = all.iter().map(|representation| {
            let content_type = representation.content_type.to_str().unwrap_or_default();
            let offer = Offer::new(content_type);
            offer.ok_or_else(|| format!("`{}` is not a media type", representation.media_type))
        });
        Ok(Self { offers: offers.collect::<Result<_, _>>()?, all })
    }

    pub(crate) fn at(&self, position: usize) -> Option<&Representation> {
        self.all.get(position)
    }

    /// The representation that is sent to a client without a preference.
    pub(crate) fn default(&self) -> Option<&Representation> {
        self.at(0)
    }

    pub(crate) fn with_extension(&self, extension: &str) -> Option<&Representation> {
        self.iter().find(|representation| representation.extension == extension)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Representation> {
        self.all.iter()
    }

    pub(crate) fn media_types(&self) -> Vec<&'static str> {
        self.iter().map(|representation| representation.media_type).collect()
    }
}

/// A built-in representation. XML has two media types, so that the response has the one that the client asks for.
fn built_in(name: &str, root: &'static str) -> Vec<Representation> {
    let all = match name {
        "json" => [representation("json", "application/json", Writer::Json), None],
        "xml" => [
            representation("xml", "text/xml", Writer::Xml(root)),
            representation("xml", "application/xml", Writer::Xml(root)),
        ],
        _ => [None, None],
    };
    all.into_iter().flatten().collect()
}

/// A built-in representation of a problem.
fn of_problem(name: &str) -> Vec<Representation> {
    let all = match name {
        "json" => [representation("json", "application/json", Writer::Json), None],
        "xml" => [
            representation("xml", "application/xml", Writer::ProblemXml),
            representation("xml", "text/xml", Writer::Xml(XML_ROOT)),
        ],
        _ => [None, None],
    };
    all.into_iter().flatten().collect()
}

/// The representations that the resource defines for the type that an operation returns.
fn own(operations: &Operations, returns: &Returns) -> Result<Vec<Representation>, String> {
    let own = operations.representations.iter().enumerate();
    let own = own.filter(|(_, own)| returns.value == Some((own.value)()));
    own.map(|(position, own)| {
        let extension = own.extension.trim_start_matches('.');
        let representation = representation(extension, own.media_type, Writer::Own(position));
        representation.ok_or_else(|| format!("`{}` is not a media type", own.media_type))
    })
    .collect()
}

fn representation(
    extension: &'static str,
    media_type: &'static str,
    writer: Writer,
) -> Option<Representation> {
    let content_type = content_type(media_type)?;
    let can_be_coded = !Coding::ALL.is_empty() && is_compressible(media_type);
    Some(Representation { extension, media_type, content_type, can_be_coded, writer })
}

/// The content type of a media type: text and XML say their charset.
pub(crate) fn content_type(media_type: &'static str) -> Option<HeaderValue> {
    let is_textual = media_type.starts_with("text/") || media_type.ends_with("xml");
    match is_textual && !media_type.contains("charset") {
        true => HeaderValue::try_from(format!("{media_type}; charset=utf-8")).ok(),
        false => Some(HeaderValue::from_static(media_type)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_built_in_representation_has_a_writer() {
        for name in BUILT_IN {
            assert!(!built_in(name, "root").is_empty(), "{name}");
        }
    }

    #[test]
    fn a_problem_has_all_built_in_representations_in_the_order_of_the_resource() {
        let extensions = |order: &[&str]| {
            let mut all: Vec<_> =
                Representations::of_problems(order).iter().map(|it| it.extension).collect();
            all.dedup();
            all
        };
        assert_eq!(extensions(&["json"]), ["json", "xml", "json", "xml", "html"]);
        assert_eq!(extensions(&["csv", "xml"]), ["xml", "json", "xml", "html"]);
    }
}
