//! Markdown of documentation comments as HTML, in which nothing but Markdown makes markup.

use maud::{Markup, PreEscaped};
use pulldown_cmark::{Event, Parser, Tag, html};

/// The text as HTML: HTML within it is text, and links lead nowhere but to pages.
pub(super) fn markdown(text: &str) -> Markup {
    let events = Parser::new(text).map(|event| match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = if is_page(&dest_url) { dest_url } else { "".into() };
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        // Nothing is loaded from elsewhere.
        Event::Start(Tag::Image { .. }) => Event::Start(Tag::Emphasis),
        Event::End(pulldown_cmark::TagEnd::Image) => Event::End(pulldown_cmark::TagEnd::Emphasis),
        event => event,
    });
    let mut written = String::new();
    html::push_html(&mut written, events);
    PreEscaped(written)
}

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
        assert_eq!(written("<script>1</script>"), "&lt;script&gt;1&lt;/script&gt;");
    }

    #[test]
    fn a_link_leads_to_a_page() {
        assert!(written("[a](https://example.org)").contains("href=\"https://example.org\""));
        for link in ["[a](javascript:1)", "[a](JavaScript:1)", "[a](data:text/html,1)"] {
            assert!(written(link).contains("href=\"\""), "{link}");
        }
    }

    #[test]
    fn an_image_is_its_text() {
        assert_eq!(written("![a](https://example.org/b.png)"), "<p><em>a</em></p>\n");
    }
}
