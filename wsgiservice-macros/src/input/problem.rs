//! The attributes of `#[derive(Problem)]`.

use proc_macro2::Span;
use syn::{
    DeriveInput, Field, Ident, LitInt, LitStr, Path, Token, Type, Variant,
    parse::{Parse, ParseStream},
    spanned::Spanned,
};
use wsgiservice_grammar::{method, similar::nearest, token};

use super::{Errors, attribute, expect, in_backticks, is_named};
use crate::model::name;

/// The arguments of `#[problem(…)]` on an enum.
pub(crate) struct Item {
    pub(crate) krate: Path,
    /// What precedes the names of its types in their URIs.
    pub(crate) base: Option<LitStr>,
}

/// A variant.
pub(crate) enum Outcome {
    /// It is a problem of its own.
    Own(Box<Problem>),
    /// It passes on its only field.
    Passed(Box<Type>),
}

/// The arguments of `#[problem(…)]` on a variant that is a problem of its own.
pub(crate) struct Problem {
    pub(crate) status: LitInt,
    pub(crate) challenge: Option<LitStr>,
    /// In seconds.
    pub(crate) retry_after: Option<LitInt>,
    pub(crate) kind: Option<LitStr>,
    pub(crate) title: Option<LitStr>,
    pub(crate) only: Vec<Failing>,
    /// The fields that are members of the document.
    pub(crate) extensions: Vec<Sent>,
    /// The fields that are header fields of the response.
    pub(crate) headers: Vec<Sent>,
}

/// What can fail with a problem, in `only`.
pub(crate) enum Failing {
    /// The method of this name of each resource.
    Method(&'static str),
    /// All methods of a resource.
    Resource(Box<Path>),
    /// The method of this name of a resource.
    MethodOf(Box<Path>, Ident, &'static str),
}

/// A field that is sent under a name.
pub(crate) struct Sent {
    pub(crate) name: String,
    /// The position of the field.
    pub(crate) position: usize,
}

/// The members that the framework writes.
const MEMBERS: [&str; 10] = [
    "type",
    "title",
    "status",
    "detail",
    "instance",
    "request_id",
    "trace_id",
    "errors",
    "available",
    "error",
];

/// The arguments of an enum.
pub(crate) fn item(input: &DeriveInput, errors: &mut Errors) -> Item {
    let attribute = input.attrs.iter().find(|attribute| is_named(attribute, "problem"));
    let parsed = attribute.and_then(|it| errors.take(it.parse_args_with(item_arguments)));
    parsed.unwrap_or_else(|| Item { krate: attribute::default_crate(), base: None })
}

fn item_arguments(input: ParseStream<'_>) -> syn::Result<Item> {
    let mut item = Item { krate: attribute::default_crate(), base: None };
    loop {
        if input.peek(Token![crate]) {
            input.parse::<Token![crate]>()?;
            input.parse::<Token![=]>()?;
            item.krate = input.parse()?;
        } else {
            let expected = "a URI, as in `base = \"https://example.org/problems/\"`";
            let key: Ident = expect(input, expected)?;
            if key != "base" {
                let message = format!("unknown argument `{key}`, expected `base` or `crate`");
                return Err(syn::Error::new(key.span(), message));
            }
            expect::<Token![=]>(input, expected)?;
            item.base = Some(expect(input, expected)?);
        }
        if !attribute::comma(input)? {
            return Ok(item);
        }
    }
}

/// What a variant becomes.
pub(crate) fn outcome(variant: &Variant) -> syn::Result<Outcome> {
    let attribute = variant.attrs.iter().find(|attribute| is_named(attribute, "problem"));
    let Some(attribute) = attribute else {
        let message = format!("variant `{}` has no status: add `#[problem(404)]`", variant.ident);
        return Err(syn::Error::new(variant.ident.span(), message));
    };
    let is_passed = attribute
        .parse_args_with(|input: ParseStream<'_>| {
            let key: Ident = input.parse()?;
            input.parse::<proc_macro2::TokenStream>()?;
            Ok(key)
        })
        .ok()
        .filter(|key| key == "transparent");
    if let Some(key) = is_passed {
        attribute.parse_args::<Ident>()?;
        return passed(variant, key.span());
    }
    let mut problem = attribute.parse_args_with(problem)?;
    send(variant, &mut problem)?;
    check(&problem)?;
    Ok(Outcome::Own(Box::new(problem)))
}

/// The only field of a variant that is passed on.
fn passed(variant: &Variant, span: Span) -> syn::Result<Outcome> {
    let mut fields = variant.fields.iter();
    match (fields.next(), fields.next()) {
        (Some(field), None) => Ok(Outcome::Passed(Box::new(field.ty.clone()))),
        _ => Err(syn::Error::new(
            span,
            "a `transparent` variant has one field: a `Problem`, or another error that derives it",
        )),
    }
}

fn check(problem: &Problem) -> syn::Result<()> {
    let at_status = |message| Err(syn::Error::new(problem.status.span(), message));
    if !matches!(problem.status.base10_parse::<u16>(), Ok(400..=599)) {
        return at_status("the status of a problem must be from 400 to 599");
    }
    match (&problem.kind, &problem.title) {
        (None, Some(title)) => {
            let message =
                "only a problem with a type has a title of its own: add `type = \"already-paid\"`";
            Err(syn::Error::new(title.span(), message))
        }
        (Some(kind), _) if !is_name(&kind.value()) => {
            let message = "the name of a type has letters, digits, `-`, `_` and `.`, as in `type = \"already-paid\"`";
            Err(syn::Error::new(kind.span(), message))
        }
        _ => Ok(()),
    }
}

/// Whether it is one segment of a path, without anything to encode.
fn is_name(text: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !text.is_empty() && text.bytes().all(is_of_name) && !text.bytes().all(|byte| byte == b'.')
}

fn problem(input: ParseStream<'_>) -> syn::Result<Problem> {
    const KEYS: [&str; 5] = ["challenge", "retry_after", "type", "title", "only"];
    let status = expect(input, "a status, as in `#[problem(404)]`, or `transparent`")?;
    let mut problem = Problem {
        status,
        challenge: None,
        retry_after: None,
        kind: None,
        title: None,
        only: Vec::new(),
        extensions: Vec::new(),
        headers: Vec::new(),
    };
    while attribute::comma(input)? {
        let key = super::expect_with(input, any_ident, "an argument, as in `retry_after = 5`")?;
        match key.to_string().as_str() {
            "challenge" => {
                let expected = "a challenge, as in `challenge = \"Basic realm=\\\"accounts\\\"\"`";
                problem.challenge = Some(value(input, expected)?);
            }
            "retry_after" => {
                let expected = "a number of seconds, as in `retry_after = 5`";
                problem.retry_after = Some(value(input, expected)?);
            }
            "type" => {
                problem.kind = Some(value(input, "a name, as in `type = \"already-paid\"`")?);
            }
            "title" => {
                problem.title = Some(value(input, "a text, as in `title = \"Already paid\"`")?);
            }
            "only" => problem.only = only(input)?,
            unknown => {
                let meant = nearest(unknown, KEYS);
                let meant = meant.map(|meant| format!("; did you mean `{meant}`?"));
                let message = format!(
                    "unknown argument `{key}`, expected one of {}{}",
                    in_backticks(KEYS.iter().copied()),
                    meant.unwrap_or_default()
                );
                return Err(syn::Error::new(key.span(), message));
            }
        }
    }
    Ok(problem)
}

/// A name, which may be a keyword such as `type`.
fn any_ident(input: ParseStream<'_>) -> syn::Result<Ident> {
    syn::ext::IdentExt::parse_any(input)
}

fn value<T: Parse>(input: ParseStream<'_>, expected: &str) -> syn::Result<T> {
    expect::<Token![=]>(input, expected)?;
    expect(input, expected)
}

/// The methods and the resources in `only = [put, Order, Orders::post]`.
fn only(input: ParseStream<'_>) -> syn::Result<Vec<Failing>> {
    let expected = "a list of methods and resources, as in `only = [put, Order, Orders::post]`";
    expect::<Token![=]>(input, expected)?;
    let content;
    if !input.peek(syn::token::Bracket) {
        return Err(input.error(format!("expected {expected}")));
    }
    syn::bracketed!(content in input);
    let path = |input: ParseStream<'_>| {
        let path: Path =
            expect(input, "a method or a resource, as in `put`, `Order` or `Orders::post`")?;
        if input.peek(Token![.]) {
            let dot: Token![.] = input.parse()?;
            let resource = path.segments.last().map(|segment| segment.ident.to_string());
            let (resource, method) = (resource.unwrap_or_default(), input.parse::<Ident>()?);
            let message = format!("expected `::`, found `.`: write `{resource}::{method}`");
            return Err(syn::Error::new(dot.span(), message));
        }
        Ok(path)
    };
    content.parse_terminated(path, Token![,])?.into_iter().map(failing).collect()
}

fn failing(mut path: Path) -> syn::Result<Failing> {
    let Some(last) = path.segments.last().map(|segment| segment.ident.clone()) else {
        return Err(syn::Error::new(path.span(), "expected a method or a resource"));
    };
    let text = name(&last);
    let Some(method) = method::of_function(&text) else {
        if text.starts_with(char::is_uppercase)
            && method::of_function(&text.to_lowercase()).is_none()
        {
            return Ok(Failing::Resource(Box::new(path)));
        }
        let meant = nearest(&text.to_lowercase(), method::functions()).unwrap_or("put");
        let message = format!(
            "`{last}` is not a method: write the name of its function, such as `{meant}`, or the type of a resource"
        );
        return Err(syn::Error::new(last.span(), message));
    };
    path.segments.pop();
    path.segments.pop_punct();
    match path.segments.is_empty() {
        true => Ok(Failing::Method(method)),
        false => Ok(Failing::MethodOf(Box::new(path), last, method)),
    }
}

/// Finds the fields with `#[problem(extension)]` or `#[problem(header = "…")]`.
fn send(variant: &Variant, problem: &mut Problem) -> syn::Result<()> {
    for (position, field) in variant.fields.iter().enumerate() {
        let attribute = field.attrs.iter().find(|attribute| is_named(attribute, "problem"));
        let Some(attribute) = attribute else { continue };
        let (key, written) = attribute.parse_args_with(sent)?;
        match key.to_string().as_str() {
            "extension" => {
                let name = member(field, &key, written.as_ref())?;
                if problem.kind.is_none() {
                    let message = "the type of a problem defines its members: add `type = \"already-paid\"` to the variant";
                    return Err(syn::Error::new(field.span(), message));
                }
                problem.extensions.push(Sent { name, position });
            }
            "header" => {
                let name = header(&key, written.as_ref())?;
                problem.headers.push(Sent { name, position });
            }
            _ => {
                let message = format!("unknown argument `{key}`, expected {SENT}");
                return Err(syn::Error::new(key.span(), message));
            }
        }
    }
    Ok(())
}

const SENT: &str =
    "`extension`, a name, as in `extension = \"balance\"`, or `header = \"X-Balance\"`";

/// How a field is sent, and its name.
fn sent(input: ParseStream<'_>) -> syn::Result<(Ident, Option<LitStr>)> {
    let key: Ident = expect(input, SENT)?;
    let written = match input.parse::<Option<Token![=]>>()? {
        Some(_) => Some(expect::<LitStr>(input, SENT)?),
        None => None,
    };
    Ok((key, written))
}

/// The name of the member that a field is: that of the field, or the one in `#[problem(extension = "…")]`.
fn member(field: &Field, key: &Ident, written: Option<&LitStr>) -> syn::Result<String> {
    let (member, span) = match (written, &field.ident) {
        (Some(written), _) => (written.value(), written.span()),
        (None, Some(ident)) => (name(ident), ident.span()),
        (None, None) => {
            let message = "a field without a name needs one: `#[problem(extension = \"balance\")]`";
            return Err(syn::Error::new(key.span(), message));
        }
    };
    if MEMBERS.contains(&member.as_str()) {
        let message =
            format!("`{member}` is a member that the framework writes: choose another name");
        return Err(syn::Error::new(span, message));
    }
    Ok(member)
}

/// The name of the header field that a field is, which is not guessed.
fn header(key: &Ident, written: Option<&LitStr>) -> syn::Result<String> {
    match written {
        Some(written) if token::is_token(&written.value()) => Ok(written.value().to_lowercase()),
        Some(written) => {
            let message = format!("`{}` is not a valid header field name", written.value());
            Err(syn::Error::new(written.span(), message))
        }
        None => {
            let message =
                "the name of a header field is required: `#[problem(header = \"X-Balance\")]`";
            Err(syn::Error::new(key.span(), message))
        }
    }
}
