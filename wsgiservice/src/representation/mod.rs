//! The representations of values, and writing the selected one.

mod represent;

use bytes::Bytes;
use http::{HeaderValue, header};

pub use self::represent::Represent;
use crate::{
    declaration::{Mount, Operations, Returns},
    formats::coding::encode::is_compressible,
    http::{accept::Offer, body::BoxError},
};

/// The root element of a problem in XML.
const XML_ROOT: &str = "response";

/// The writer of a representation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// JSON.
    Json,
    /// XML with this root element.
    Xml(&'static str),
    /// The function of the resource at this position.
    Own(usize),
}

/// The representation that was selected for a response.
#[derive(Clone, Copy, Debug)]
pub struct Selected<'a> {
    pub(crate) extension: &'static str,
    pub(crate) content_type: &'a HeaderValue,
    /// Whether a content coding makes the content smaller.
    pub(crate) is_compressible: bool,
    pub(crate) writer: Writer,
}

impl Selected<'_> {
    /// The placeholder for an operation without representations.
    pub(crate) const NONE: Self =
        Self { extension: "", content_type: &NO_TYPE, is_compressible: true, writer: Writer::Json };
}

static NO_TYPE: HeaderValue = HeaderValue::from_static("application/json");

/// The representations of one operation, in the order of the resource.
#[derive(Debug)]
pub(crate) struct Representations {
    pub(crate) offers: Vec<Offer>,
    choices: Vec<Choice>,
}

#[derive(Debug)]
struct Choice {
    extension: &'static str,
    media_type: &'static str,
    content_type: HeaderValue,
    is_compressible: bool,
    writer: Writer,
}

impl Representations {
    /// Collects the representations of the type that an operation returns.
    pub(crate) fn new(
        mount: &Mount,
        operations: &Operations,
        returns: &Returns,
    ) -> Result<Self, String> {
        let mut own = own(operations, returns)?;
        let mut choices = Vec::new();
        for name in mount.representations {
            // A representation of the resource replaces the built-in one with the same extension.
            match own.iter().position(|choice| choice.extension == *name) {
                Some(position) => choices.push(own.remove(position)),
                None => choices.extend(built_in(name, mount.xml_root)),
            }
        }
        choices.extend(own);
        if returns.value.is_some() && choices.is_empty() {
            return Err("the returned value has no representation".to_owned());
        }
        Self::from(choices)
    }

    /// Collects the representations of a problem, in the order of the resource.
    pub(crate) fn of_problems(order: &[&str]) -> Self {
        let xml_is_first = order.iter().find(|name| ["json", "xml"].contains(name)) == Some(&"xml");
        let order = if xml_is_first { ["xml", "json"] } else { ["json", "xml"] };
        let mut choices: Vec<_> = order.iter().flat_map(|name| built_in(name, XML_ROOT)).collect();
        choices.extend(choice("json", "application/problem+json", Writer::Json));
        choices.extend(choice("xml", "application/problem+xml", Writer::Xml(XML_ROOT)));
        choices.extend(choice("html", "text/html", Writer::Own(0)));
        Self::from(choices).unwrap_or(Self { offers: Vec::new(), choices: Vec::new() })
    }

    fn from(choices: Vec<Choice>) -> Result<Self, String> {
        let offers = choices.iter().map(|choice| {
            let content_type = choice.content_type.to_str().unwrap_or_default();
            let offer = Offer::new(content_type);
            offer.ok_or_else(|| format!("`{}` is not a media type", choice.media_type))
        });
        Ok(Self { offers: offers.collect::<Result<_, _>>()?, choices })
    }

    pub(crate) fn at(&self, position: usize) -> Option<Selected<'_>> {
        self.choices.get(position).map(Choice::selected)
    }

    pub(crate) fn by_extension(&self, extension: &str) -> Option<Selected<'_>> {
        self.choices.iter().find(|choice| choice.extension == extension).map(Choice::selected)
    }

    /// Returns the extension of each representation.
    pub(crate) fn extensions(&self) -> impl Iterator<Item = &'static str> {
        self.choices.iter().map(|choice| choice.extension)
    }

    /// Returns the extension and the media type of each representation.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.choices.iter().map(|choice| (choice.extension, choice.media_type))
    }

    pub(crate) fn media_types(&self) -> Vec<&'static str> {
        self.choices.iter().map(|choice| choice.media_type).collect()
    }
}

impl Choice {
    fn selected(&self) -> Selected<'_> {
        Selected {
            extension: self.extension,
            content_type: &self.content_type,
            is_compressible: self.is_compressible,
            writer: self.writer,
        }
    }
}

/// Returns a built-in representation; XML has two, so that the response has the media type that the client asks for.
fn built_in(name: &str, root: &'static str) -> Vec<Choice> {
    let choices = match name {
        "json" => [choice("json", "application/json", Writer::Json), None],
        "xml" => [
            choice("xml", "text/xml", Writer::Xml(root)),
            choice("xml", "application/xml", Writer::Xml(root)),
        ],
        _ => [None, None],
    };
    choices.into_iter().flatten().collect()
}

/// Returns the representations that the resource defines for the type that an operation returns.
fn own(operations: &Operations, returns: &Returns) -> Result<Vec<Choice>, String> {
    let own = operations.representations.iter().enumerate();
    let own = own.filter(|(_, own)| returns.value == Some((own.value)()));
    own.map(|(position, own)| {
        let extension = own.extension.trim_start_matches('.');
        let choice = choice(extension, own.media_type, Writer::Own(position));
        choice.ok_or_else(|| format!("`{}` is not a media type", own.media_type))
    })
    .collect()
}

fn choice(extension: &'static str, media_type: &'static str, writer: Writer) -> Option<Choice> {
    let textual = media_type.starts_with("text/") || media_type.ends_with("xml");
    let content_type = if textual && !media_type.contains("charset") {
        HeaderValue::try_from(format!("{media_type}; charset=utf-8")).ok()?
    } else {
        HeaderValue::from_static(media_type)
    };
    let is_compressible = is_compressible(media_type);
    Some(Choice { extension, media_type, content_type, is_compressible, writer })
}

/// Writes a value in a built-in representation.
pub(crate) fn write<T: Represent>(value: &T, writer: Writer) -> Result<Bytes, BoxError> {
    match writer {
        Writer::Json => value.json(),
        Writer::Xml(root) => value.xml(root),
        Writer::Own(_) => Err("the representation is not built in".into()),
    }
}

/// Returns the media type of a problem in the selected representation (RFC 9457, section 3).
pub(crate) fn problem_type(selected: &Selected<'_>) -> HeaderValue {
    match selected.writer {
        Writer::Json => HeaderValue::from_static("application/problem+json"),
        Writer::Xml(_) => HeaderValue::from_static("application/problem+xml; charset=utf-8"),
        Writer::Own(_) => selected.content_type.clone(),
    }
}

/// Collects the extensions that a target may have.
pub(crate) fn extensions<'a>(all: impl Iterator<Item = &'a Representations>) -> Vec<&'static str> {
    let mut extensions: Vec<_> = all.flat_map(Representations::extensions).collect();
    extensions.sort_unstable();
    extensions.dedup();
    extensions
}

/// The field that keeps clients from guessing the media type.
pub(crate) const NOSNIFF: (header::HeaderName, HeaderValue) =
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
