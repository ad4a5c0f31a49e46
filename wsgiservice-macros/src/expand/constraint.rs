//! A constraint as a constant.

use proc_macro2::TokenStream;
use quote::quote;
use syn::Lit;

use crate::model::{Constraint, Literal, Range, name};

pub(super) fn constraint(constraint: &Constraint) -> TokenStream {
    let name = name(&constraint.name);
    let re = constraint.re.as_ref().map(|re| quote!(.re(#re)));
    let len = constraint.len.as_ref().map(len);
    let range = constraint.range.as_ref().map(range);
    let one_of = constraint.one_of.as_ref().map(|values| quote!(.one_of(&[#(#values),*])));
    let format = constraint.format.as_ref().map(|format| quote!(.format(#format)));
    let default = constraint.default.as_ref().map(default);
    let example = constraint.example.as_ref().and_then(Literal::text);
    let example = example.map(|text| quote!(.example(#text)));
    let documentation = constraint.documentation.as_ref().map(|text| quote!(.documentation(#text)));
    quote!(__w::Constraint::new(#name) #re #len #range #one_of #format #default #example #documentation)
}

fn len(range: &Range) -> TokenStream {
    let least = range.least.as_ref().map_or(quote!(0), |least| quote!(#least));
    let most =
        range.most.as_ref().map_or(quote!(::core::primitive::usize::MAX), |most| quote!(#most));
    quote!(.len(#least, #most))
}

fn range(range: &Range) -> TokenStream {
    let (least, most) = (bound(range.least.as_ref()), bound(range.most.as_ref()));
    quote!(.range(#least, #most))
}

fn bound(literal: Option<&Literal>) -> TokenStream {
    match literal {
        None => quote!(__w::Bound::Open),
        Some(literal) if literal.integer().is_some() => quote!(__w::Bound::Integer(#literal)),
        Some(literal) => quote!(__w::Bound::Number(#literal)),
    }
}

fn default(literal: &Literal) -> TokenStream {
    let text = literal.text().unwrap_or_default();
    let default = match &literal.literal {
        Lit::Int(_) => quote!(Integer(#literal, #text)),
        Lit::Float(_) => quote!(Number(#literal, #text)),
        Lit::Bool(_) => quote!(Boolean(#literal)),
        _ => quote!(Text(#text)),
    };
    quote!(.default(__w::Default::#default))
}
