//! Markdown of documentation comments as HTML, in which nothing but Markdown makes markup.

use maud::Markup;

/// The text as HTML: HTML within it is text, and links lead nowhere but to pages.
#[cfg(feature = "markdown")]
pub(super) fn markdown(text: &str) -> Markup {
    use pulldown_cmark::{Event, Parser, Tag, TagEnd, html};

    let events = Parser::new(text).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = if is_page(&dest_url) { dest_url } else { "".into() };
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        // Nothing is loaded from elsewhere.
        Event::Start(Tag::Image { .. }) => Event::Start(Tag::Emphasis),
        Event::End(TagEnd::Image) => Event::End(TagEnd::Emphasis),
        event => event,
    });
    let mut written = String::new();
    html::push_html(&mut written, events);
    maud::PreEscaped(written)
}

/// The text as it is, in its paragraphs.
#[cfg(not(feature = "markdown"))]
pub(super) fn markdown(text: &str) -> Markup {
    let paragraphs = text.split("\n\n").map(str::trim).filter(|text| !text.is_empty());
    maud::html! { @for text in paragraphs { p { (text) } "\n" } }
}

#[cfg(feature = "markdown")]
fn is_page(destination: &str) -> bool {
    match destination.split_once(':') {
        Some((scheme, _)) => ["http", "https", "mailto"].contains(&scheme.to_lowercase().as_str()),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        markdown(text).into_string()
    }

    #[test]
    fn html_is_text() {
        assert_eq!(written("a <b>c</b>"), "<p>a &lt;b&gt;c&lt;/b&gt;</p>\n");
        assert!(written("<script>1</script>").contains("&lt;script&gt;1&lt;/script&gt;"));
    }

    #[test]
    fn a_text_is_in_paragraphs() {
        assert_eq!(written(""), "");
        assert_eq!(written("a\nb\n\nc"), "<p>a\nb</p>\n<p>c</p>\n");
    }

    #[test]
    #[cfg(feature = "markdown")]
    fn a_link_leads_to_a_page() {
        assert!(written("[a](https://example.org)").contains("href=\"https://example.org\""));
        for link in ["[a](javascript:1)", "[a](JavaScript:1)", "[a](data:text/html,1)"] {
            assert!(written(link).contains("href=\"\""), "{link}");
        }
    }

    #[test]
    #[cfg(feature = "markdown")]
    fn an_image_is_its_text() {
        assert_eq!(written("![a](https://example.org/b.png)"), "<p><em>a</em></p>\n");
    }
}
