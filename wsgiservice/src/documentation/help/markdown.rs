//! Converts the Markdown of documentation comments into HTML.

use maud::Markup;

/// The text as HTML. HTML in the text is escaped; links with a scheme other than `http`, `https` and `mailto` are removed.
#[cfg(feature = "markdown")]
pub(super) fn markdown(text: &str) -> Markup {
    use pulldown_cmark::{Event, Parser, Tag, TagEnd, html};

    let events = Parser::new(text).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = if is_allowed(&dest_url) { dest_url } else { "".into() };
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        // The page must not load anything from another origin.
        Event::Start(Tag::Image { .. }) => Event::Start(Tag::Emphasis),
        Event::End(TagEnd::Image) => Event::End(TagEnd::Emphasis),
        event => event,
    });
    let mut output = String::new();
    html::push_html(&mut output, events);
    maud::PreEscaped(output)
}

/// The text as HTML paragraphs, without Markdown.
#[cfg(not(feature = "markdown"))]
pub(super) fn markdown(text: &str) -> Markup {
    let paragraphs = text.split("\n\n").map(str::trim).filter(|text| !text.is_empty());
    maud::html! { @for text in paragraphs { p { (text) } "\n" } }
}

#[cfg(feature = "markdown")]
fn is_allowed(destination: &str) -> bool {
    match destination.split_once(':') {
        Some((scheme, _)) => ["http", "https", "mailto"].contains(&scheme.to_lowercase().as_str()),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(text: &str) -> String {
        markdown(text).into_string()
    }

    #[test]
    fn html_is_escaped() {
        assert_eq!(output("a <b>c</b>"), "<p>a &lt;b&gt;c&lt;/b&gt;</p>\n");
        assert!(output("<script>1</script>").contains("&lt;script&gt;1&lt;/script&gt;"));
    }

    #[test]
    fn blank_lines_separate_paragraphs() {
        assert_eq!(output(""), "");
        assert_eq!(output("a\nb\n\nc"), "<p>a\nb</p>\n<p>c</p>\n");
    }

    #[test]
    #[cfg(feature = "markdown")]
    fn links_with_other_schemes_are_removed() {
        assert!(output("[a](https://example.org)").contains("href=\"https://example.org\""));
        for link in ["[a](javascript:1)", "[a](JavaScript:1)", "[a](data:text/html,1)"] {
            assert!(output(link).contains("href=\"\""), "{link}");
        }
    }

    #[test]
    #[cfg(feature = "markdown")]
    fn an_image_becomes_its_alternative_text() {
        assert_eq!(output("![a](https://example.org/b.png)"), "<p><em>a</em></p>\n");
    }
}
