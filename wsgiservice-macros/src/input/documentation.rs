//! Documentation comments, as the text that the compiler makes of them.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, ExprGroup, ExprLit, Lit, Meta};

/// The text of the documentation comments, as an expression for a `&'static str`. `#[doc]` can have a macro, for example
/// `concat!` or `include_str!`, which only the compiler can expand.
pub(crate) fn documentation(attributes: &[Attribute]) -> TokenStream {
    let mut text = String::new();
    let mut parts = Vec::new();
    for value in attributes.iter().filter_map(value) {
        match literal(value) {
            Some(lines) => {
                text.push_str(&unindented(&lines));
                text.push('\n');
            }
            None => {
                let before = std::mem::take(&mut text);
                parts.push(quote!(#before, #value));
                text.push('\n');
            }
        }
    }
    if parts.is_empty() {
        let text = text.trim();
        return quote!(#text);
    }
    quote!(::core::concat!(#(#parts,)* #text))
}

/// Removes the documentation comments, which the compiler does not allow on arguments, and returns their text.
pub(crate) fn take_documentation(attributes: &mut Vec<Attribute>) -> Option<TokenStream> {
    let comments: Vec<_> =
        attributes.extract_if(.., |attribute| value(attribute).is_some()).collect();
    (!comments.is_empty()).then(|| documentation(&comments))
}

fn value(attribute: &Attribute) -> Option<&Expr> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => Some(&pair.value),
        _ => None,
    }
}

fn literal(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        // The argument of a `macro_rules` macro.
        Expr::Group(ExprGroup { expr, .. }) => literal(expr),
        _ => None,
    }
}

/// A line without the space after `///`; the lines of a block without the stars before them.
fn unindented(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim_start).collect();
    let stars = lines.iter().skip(1).filter(|line| !line.is_empty());
    let has_stars = lines.len() > 1 && stars.clone().all(|line| line.starts_with('*'));
    if !has_stars {
        return text.strip_prefix(' ').unwrap_or(text).to_owned();
    }
    let plain = |line: &&str| {
        let line = line.strip_prefix('*').unwrap_or(line);
        line.strip_prefix(' ').unwrap_or(line).to_owned()
    };
    lines.iter().map(plain).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn lines_are_one_text() {
        let item: syn::ItemStruct = parse_quote! {
            /// One.
            ///
            ///   Two.
            #[doc = "Three."]
            struct A;
        };
        assert_eq!(documentation(&item.attrs).to_string(), r#""One.\n\n  Two.\nThree.""#);
    }

    #[test]
    fn the_stars_of_a_block_are_not_part_of_the_text() {
        assert_eq!(unindented("\n * One.\n *\n *   Two.\n "), "\nOne.\n\n  Two.\n");
        assert_eq!(unindented(" One.\n Two. "), "One.\n Two. ");
        assert_eq!(unindented(" * One."), "* One.");
    }
}
