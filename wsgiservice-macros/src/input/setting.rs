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

use super::{Errors, attribute, expect, in_backticks, is_named};

/// The arguments of `#[setting(…)]` on a field.
#[derive(Default)]
pub(crate) struct Setting {
    pub(crate) default: Option<Literal>,
    /// The type that is read in place of that of the field.
    pub(crate) from: Option<Type>,
    pub(crate) value_name: Option<LitStr>,
    pub(crate) is_table: bool,
}

/// A default, as the table has it.
pub(crate) struct Literal(pub(crate) TokenStream);

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
    let mut setting = Setting::default();
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
            _ => return Err(syn::Error::new(span, unknown(&name))),
        }
        if setting.is_table
            && !matches!(setting, Setting { default: None, from: None, value_name: None, .. })
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
            const KNOWN: [&str; 4] = ["default", "from", "table", "value_name"];
            let meant = nearest(name, KNOWN).map(|meant| format!("; did you mean `{meant}`?"));
            format!(
                "unknown argument `{name}`, expected one of {}{}",
                in_backticks(KNOWN.into_iter()),
                meant.unwrap_or_default()
            )
        }
    }
}

fn value<T: Parse>(input: ParseStream<'_>, expected: &str) -> syn::Result<T> {
    expect::<Token![=]>(input, expected)?;
    expect(input, expected)
}

impl Parse for Literal {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(syn::token::Bracket) {
            let items;
            bracketed!(items in input);
            let items = items.parse_terminated(Self::parse, Token![,])?;
            let items = items.into_iter().map(|Self(item)| item);
            return Ok(Self(quote!(__w::SettingLiteral::List(&[#(#items),*]))));
        }
        let minus = input.parse::<Option<Token![-]>>()?;
        let literal = match (input.parse::<Lit>()?, minus.is_some()) {
            (Lit::Str(text), false) => quote!(Text(#text)),
            (Lit::Bool(value), false) => quote!(Bool(#value)),
            (Lit::Int(number), _) => quote!(Integer(#minus #number)),
            (Lit::Float(number), _) => quote!(Float(#minus #number)),
            (other, _) => return Err(syn::Error::new(other.span(), A_DEFAULT)),
        };
        Ok(Self(quote!(__w::SettingLiteral::#literal)))
    }
}

/// The name of a field, as it is in a file.
pub(crate) fn name(field: &Field) -> String {
    field.ident.as_ref().map(crate::model::name).unwrap_or_default()
}
