//! Reading a value from the fields of a form, URL-encoded or multipart alike.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

use crate::{
    formats::tree::{self, Dialect, Element},
    problem::violation::{Code, Violation},
};

/// Deserialises the fields, which are names and values in order.
///
/// # Errors
/// A violation with the name of the value that does not fit, or that is not UTF-8.
pub(crate) fn read<'f, T: DeserializeOwned>(
    fields: impl Iterator<Item = (&'f str, &'f [u8])>,
) -> Result<T, Violation> {
    let fields = fields.map(|(name, value)| {
        let text = std::str::from_utf8(value);
        let text =
            text.map_err(|_| Violation::within_content(name, Code::Encoding, "It must be UTF-8."))?;
        Ok(element(name, text, Vec::new()))
    });
    let fields = fields.collect::<Result<_, Violation>>()?;
    tree::read(&element("", "", fields), Dialect::Form)
}

fn element<'a>(name: &'a str, text: &'a str, children: Vec<Element<'a>>) -> Element<'a> {
    Element { name: Cow::Borrowed(name), text: Cow::Borrowed(text), children }
}
