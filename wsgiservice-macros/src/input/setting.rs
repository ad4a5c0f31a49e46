//! The attribute `#[setting(…)]` on a field.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{
    Data, DeriveInput, Field, Fields, Ident, Lit, LitStr, Token, Type, bracketed,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    spanned::Spanned,
};

use wsgiservice_grammar::similar::nearest;

use super::{
    Errors, attribute,
    constraint::{is_rule, rule, rule_elsewhere, rule_names},
    expect, in_backticks, is_named,
};
use crate::model::{Literal, Rule};

/// The arguments of `#[setting(…)]` on a field.
#[derive(std::default::Default)]
pub(crate) struct Setting {
    pub(crate) default: Option<Default>,
    pub(crate) rules: Vec<Rule>,
    /// The type that is read in place of that of the field.
    pub(crate) from: Option<Type>,
    pub(crate) value_name: Option<LitStr>,
    pub(crate) is_table: bool,
}

/// A default, as the table has it, and its literals.
pub(crate) struct Default {
    pub(crate) tokens: TokenStream,
    pub(crate) literals: Vec<Literal>,
}

const A_DEFAULT: &str =
    "a literal or a list of literals, as in `default = \"localhost\"` or `default = [80, 443]`";

/// The named fields of the struct; anything else is an error.
pub(crate) fn fields<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Vec<&'a Field> {
    if !input.generics.params.is_empty() {
        errors.at(input.generics.span(), "settings cannot be generic");
    }
    match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return fields.named.iter().collect(),
            Fields::Unit => return Vec::new(),
            Fields::Unnamed(_) => {}
        },
        Data::Enum(_) | Data::Union(_) => {}
    }
    let message = "`Settings` can only be derived for a struct with named fields, which are the names of the settings";
    errors.at(input.ident.span(), message);
    Vec::new()
}

/// The attributes of a field as one.
pub(crate) fn setting(field: &Field) -> syn::Result<Setting> {
    let mut setting = <Setting as std::default::Default>::default();
    for attribute in field.attrs.iter().filter(|attribute| is_named(attribute, "setting")) {
        attribute.parse_args_with(|input: ParseStream<'_>| arguments(input, &mut setting))?;
    }
    Ok(setting)
}

fn arguments(input: ParseStream<'_>, setting: &mut Setting) -> syn::Result<()> {
    loop {
        if !input.peek(Ident::peek_any) {
            return Err(input.error("expected an argument, as in `default = 10` or `table`"));
        }
        let key = input.call(Ident::parse_any)?;
        let (span, name) = (key.span(), key.to_string());
        match name.as_str() {
            "table" => setting.is_table = true,
            "default" => setting.default = Some(value(input, A_DEFAULT)?),
            "from" => setting.from = Some(value(input, "a type, as in `from = Seconds`")?),
            "value_name" => {
                setting.value_name = Some(value(input, "a text, as in `value_name = \"FILE\"`")?);
            }
            _ if is_rule(&name) => rule(input, key, &mut setting.rules)?,
            _ => return Err(syn::Error::new(span, unknown(&name))),
        }
        if setting.is_table
            && !(setting.rules.is_empty()
                && matches!(setting, Setting { default: None, from: None, value_name: None, .. }))
        {
            let message = "a table has no other argument: its fields have defaults of their own";
            return Err(syn::Error::new(span, message));
        }
        if !attribute::comma(input)? {
            return Ok(());
        }
    }
}

fn unknown(name: &str) -> String {
    match name {
        "flatten" | "nested" => format!("unknown argument `{name}`: write `table`"),
        "rename" | "name" => {
            format!("unknown argument `{name}`: a setting has the name of its field")
        }
        "env" | "long" | "short" => format!(
            "unknown argument `{name}`: the variable and the flag have the name of the field"
        ),
        _ => {
            let known =
                || ["default", "from", "table", "value_name"].into_iter().chain(rule_names());
            let meant = rule_elsewhere(name).or_else(|| nearest(name, known()).map(str::to_owned));
            format!(
                "unknown argument `{name}`, expected one of {}{}",
                in_backticks(known()),
                meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default()
            )
        }
    }
}

fn value<T: Parse>(input: ParseStream<'_>, expected: &str) -> syn::Result<T> {
    expect::<Token![=]>(input, expected)?;
    expect(input, expected)
}

impl Parse for Default {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(syn::token::Bracket) {
            let items;
            bracketed!(items in input);
            let items = items.parse_terminated(Self::parse, Token![,])?;
            let tokens = items.iter().map(|item| &item.tokens);
            let tokens = quote!(__w::SettingLiteral::List(&[#(#tokens),*]));
            let literals = items.into_iter().flat_map(|item| item.literals).collect();
            return Ok(Self { tokens, literals });
        }
        let is_negative = input.parse::<Option<Token![-]>>()?.is_some();
        let literal = Literal { is_negative, literal: input.parse()? };
        let tokens = match (&literal.literal, is_negative) {
            (Lit::Str(text), false) => quote!(Text(#text)),
            (Lit::Bool(value), false) => quote!(Bool(#value)),
            (Lit::Int(_), _) => quote!(Integer(#literal)),
            (Lit::Float(_), _) => quote!(Float(#literal)),
            (other, _) => return Err(syn::Error::new(other.span(), A_DEFAULT)),
        };
        Ok(Self { tokens: quote!(__w::SettingLiteral::#tokens), literals: vec![literal] })
    }
}

/// The name of a field, as it is in a file.
pub(crate) fn name(field: &Field) -> String {
    field.ident.as_ref().map(crate::model::name).unwrap_or_default()
}
