//! A constraint as a constant.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{Expr, Lit, spanned::Spanned};
use wsgiservice_grammar::bound::Bound;

use super::option;
use crate::model::{Constraint, Literal, Operand, Range, Rule, Value, name};

/// The documentation comment of an argument is nearer than that of a constraint.
pub(super) fn constraint(constraint: &Constraint, comment: Option<&TokenStream>) -> TokenStream {
    let name = name(&constraint.name);
    let rules = constraint.rules.iter().map(rule);
    let default = option(constraint.default.as_ref().map(value));
    let example = option(constraint.example.as_ref().map(value));
    let documentation = constraint.documentation.as_ref().map(ToTokens::to_token_stream);
    let documentation = option(comment.cloned().or(documentation));
    quote! {
        __w::Constraint {
            name: #name,
            rules: &[#(#rules),*],
            default: #default,
            example: #example,
            documentation: #documentation,
        }
    }
}

/// A call of the constructor of the rule, which has its name. The shape of the operand decides its arguments.
pub(super) fn rule(rule: &Rule) -> TokenStream {
    let name = &rule.name;
    let operand = match &rule.operand {
        Operand::Text(text) | Operand::Format(text) => quote!(#text),
        Operand::Number(number) => value(number),
        Operand::Length(range) => lengths(range),
        Operand::Range(range) => bounds(range),
        Operand::Texts(texts) => quote!(&[#(#texts),*]),
        Operand::TextsOf(constant) => quote!(#constant),
    };
    quote!(__w::rule::#name(#operand))
}

fn lengths(range: &Range) -> TokenStream {
    let least = range.least.as_ref().map_or(quote!(0), |least| quote!(#least));
    let most =
        range.most.as_ref().map_or(quote!(::core::primitive::usize::MAX), |most| quote!(#most));
    quote!(#least, #most)
}

fn bounds(range: &Range) -> TokenStream {
    let (least, most) = (bound(range.least.as_ref()), bound(range.most.as_ref()));
    quote!(#least, #most)
}

fn bound(value: Option<&Value>) -> TokenStream {
    let literal = match value {
        Some(Value::Constant(constant)) => return call(constant, "bound"),
        Some(Value::Literal(literal)) => Some(literal),
        None => None,
    };
    match literal.and_then(Literal::bound) {
        Some(Bound::Integer(_)) => quote!(__w::Bound::Integer(#literal)),
        Some(Bound::Number(_)) => quote!(__w::Bound::Number(#literal)),
        Some(Bound::Open) | None => quote!(__w::Bound::Open),
    }
}

fn value(value: &Value) -> TokenStream {
    match value {
        Value::Literal(value) => literal(value),
        Value::Constant(constant) => call(constant, "literal"),
    }
}

/// Calls a function that there is for the types which a constant can have. With the span of the constant, so that the
/// compiler reports another type there.
fn call(constant: &Expr, function: &str) -> TokenStream {
    let function = Ident::new(function, constant.span().resolved_at(Span::call_site()));
    quote!(__w::Constant(#constant).#function())
}

fn literal(literal: &Literal) -> TokenStream {
    let text = literal.text().unwrap_or_default();
    let literal = match &literal.literal {
        Lit::Int(_) => quote!(Integer(#literal, #text)),
        Lit::Float(_) => quote!(Number(#literal, #text)),
        Lit::Bool(_) => quote!(Boolean(#literal)),
        _ => quote!(Text(#text)),
    };
    quote!(__w::Literal::#literal)
}
