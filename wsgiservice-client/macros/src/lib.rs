//! The macro `path!` of `wsgiservice-client`.

use proc_macro::TokenStream;
use proc_macro2::{TokenStream as Tokens, TokenTree};
use quote::{quote, quote_spanned};
use syn::{
    Error, Ident, LitStr, Result,
    parse::{ParseStream, Parser},
};
use wsgiservice_grammar::path::{Malformed, Part, Path};

/// Writes a path whose variables are encoded. The tokens are the crate and the literal.
#[doc(hidden)]
#[proc_macro]
pub fn path(tokens: TokenStream) -> TokenStream {
    let parser =
        |input: ParseStream<'_>| Ok((input.parse::<TokenTree>()?, input.parse::<LitStr>()?));
    let expanded = parser.parse(tokens).and_then(|(client, path)| expand(&client, &path));
    expanded.unwrap_or_else(Error::into_compile_error).into()
}

fn expand(client: &TokenTree, literal: &LitStr) -> Result<Tokens> {
    let text = literal.value();
    if !text.starts_with('/') || text.starts_with("//") {
        let right = format!("/{}", text.trim_start_matches('/'));
        return Err(Error::new(
            literal.span(),
            format!("a path starts with one `/`: write {right:?}"),
        ));
    }
    let path = Path::parse(&text).map_err(|error| refuse(literal, &text, &error))?;
    let parts = path.parts.iter().map(|part| match part {
        Part::Literal(text) => quote!(.literal(#text)),
        Part::Variable(name) => variable(literal, name, &quote!(variable)),
        Part::Rest(name) => variable(literal, name, &quote!(segments)),
    });
    Ok(quote!(<#client::Path as ::core::default::Default>::default() #(#parts)*))
}

fn variable(literal: &LitStr, name: &str, method: &Tokens) -> Tokens {
    // At the literal, so that the compiler reports an unknown name there, and finds the name of the caller.
    let value = syn::parse_str::<Ident>(name).map_or_else(
        |_| Ident::new_raw(name, literal.span()),
        |_| Ident::new(name, literal.span()),
    );
    let reference = quote_spanned!(literal.span()=> &#value);
    quote!(.#method(#name, #reference))
}

fn refuse(literal: &LitStr, text: &str, error: &Malformed) -> Error {
    let index = error.index;
    let message = match text.chars().nth(index) {
        Some('?') => {
            format!("`?` at {index} cannot be in a path; query parameters go into `.query(…)`")
        }
        Some('#') => format!("`#` at {index} cannot be in a path: a fragment is not sent"),
        _ => error.to_string(),
    };
    Error::new(literal.span(), message)
}
