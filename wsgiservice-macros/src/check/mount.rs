//! What only `#[mount]` sees: the path, the root element and the struct.

use proc_macro2::{Ident, Span};
use syn::{Generics, LitStr};
use wsgiservice_grammar::{path, xml};

use crate::input::Errors;

/// The arguments for the variables of a path.
pub(crate) fn variables(template: &path::Path, span: Span, errors: &mut Errors) -> Vec<Ident> {
    template.variables().filter_map(|name| errors.take(argument_name(name, span))).collect()
}

/// An identifier, which is raw for a keyword. `Ident::new` would panic if the name is not an identifier.
fn argument_name(name: &str, span: Span) -> syn::Result<Ident> {
    let parsed = syn::parse_str::<Ident>(name);
    let parsed = parsed.or_else(|_| syn::parse_str(&format!("r#{name}")));
    let mut ident = parsed.map_err(|_| {
        syn::Error::new(span, format!("invalid path: `{name}` is not a valid argument name"))
    })?;
    ident.set_span(span);
    Ok(ident)
}

/// Checks the name of the root element in XML.
pub(crate) fn xml_root(name: Option<&LitStr>, errors: &mut Errors) -> String {
    let Some(name) = name else { return "response".to_owned() };
    let text = name.value();
    if !xml::is_name(&text) {
        errors.at(name.span(), format!("`{text}` is not a valid XML element name"));
    }
    text
}

/// Checks that a resource owns its state.
pub(crate) fn owns_state(generics: &Generics, errors: &mut Errors) {
    if let Some(lifetime) = generics.lifetimes().next() {
        let message = "a resource cannot borrow: it lives as long as the application; own the value, or share it in an `Arc`";
        errors.push(syn::Error::new_spanned(&lifetime.lifetime, message));
    }
}
