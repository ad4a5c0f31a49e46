//! A reference writer on `quick-xml`: simple and slow. Tests compare its documents with those of the writer.

use quick_xml::{
    Writer,
    escape::partial_escape,
    events::{BytesEnd, BytesStart, BytesText, Event},
};
use serde_json::Value;

/// Writes a value below a root element with this name, which must be valid.
pub(super) fn write(value: &Value, root: &str) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    element(&mut writer, BytesStart::new(root), value);
    writer.into_inner()
}

fn element(writer: &mut Writer<Vec<u8>>, tag: BytesStart<'_>, value: &Value) {
    let name = tag.name().as_ref().to_owned();
    event(writer, Event::Start(tag));
    content(writer, value);
    event(writer, Event::End(BytesEnd::new(name)));
}

fn content(writer: &mut Writer<Vec<u8>>, value: &Value) {
    match value {
        Value::Null => {}
        Value::Bool(boolean) => text(writer, &boolean.to_string()),
        Value::Number(number) => text(writer, &number.to_string()),
        Value::String(string) => text(writer, string),
        Value::Array(items) => {
            for (order, item) in items.iter().enumerate() {
                element(writer, with_attribute("child", "order", &order.to_string()), item);
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields {
                let tag = if is_name(key) {
                    BytesStart::new(key)
                } else {
                    with_attribute("entry", "key", &expressible(key))
                };
                element(writer, tag, field);
            }
        }
    }
}

fn text(writer: &mut Writer<Vec<u8>>, text: &str) {
    event(writer, Event::Text(BytesText::from_escaped(partial_escape(expressible(text)))));
}

fn event(writer: &mut Writer<Vec<u8>>, event: Event<'_>) {
    writer.write_event(event).expect("a vector accepts all bytes");
}

fn with_attribute(name: &'static str, key: &str, value: &str) -> BytesStart<'static> {
    BytesStart::new(name).with_attributes([(key, value)])
}

/// Returns whether `roxmltree` reads the text as the name of an element that the standard does not reserve.
pub(super) fn is_name(text: &str) -> bool {
    let document = format!("<{text}/>");
    let parsed = roxmltree::Document::parse(&document);
    parsed.is_ok_and(|document| document.root_element().tag_name().name() == text)
        && !text.to_lowercase().starts_with("xml")
}

/// Removes the characters that XML 1.0 §2.2 excludes.
pub(super) fn expressible(text: &str) -> String {
    let left_out = |character: char| {
        let whitespace = ['\t', '\n', '\r'].contains(&character);
        (character < ' ' && !whitespace) || ['\u{FFFE}', '\u{FFFF}'].contains(&character)
    };
    text.replace(left_out, "")
}
