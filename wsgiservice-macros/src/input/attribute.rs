//! The arguments of the attributes.

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Attribute, Expr, Ident, Lit, LitInt, LitStr, Meta, MetaNameValue, Path, Token, bracketed,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
};

use wsgiservice_grammar::similar::nearest;

use super::{expect, expect_with, in_backticks};
use crate::model::{self, Deprecation, Freshness, From, Limits, Source, Sunset};

/// The arguments of `#[mount(…)]`.
pub(crate) struct MountArguments {
    pub(crate) path: LitStr,
    pub(crate) krate: Path,
    pub(crate) representations: Vec<Ident>,
    pub(crate) xml_root: Option<LitStr>,
    pub(crate) automatic_etag: bool,
    pub(crate) ignored_paths: Option<Vec<LitStr>>,
    pub(crate) denies_unknown: bool,
}

impl Parse for MountArguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if !input.peek(LitStr) {
            return Err(input.error("expected a path, as in `#[mount(\"/path/{variable}\")]`"));
        }
        let mut arguments = Self {
            path: input.parse()?,
            krate: default_crate(),
            representations: Vec::new(),
            xml_root: None,
            automatic_etag: false,
            ignored_paths: None,
            denies_unknown: false,
        };
        while comma(input)? {
            if input.peek(Token![crate]) {
                arguments.krate = krate(input)?;
                continue;
            }
            let key: Ident = expect(input, "the name of an argument, as in `etag = auto`")?;
            match key.to_string().as_str() {
                "deny_unknown" => arguments.denies_unknown = true,
                "representations" => {
                    let expected = "a list of names, as in `representations = [xml, json]`";
                    arguments.representations = assigned(input, &key, representations, expected)?;
                }
                "xml_root" => {
                    let expected = "the name of an element, as in `xml_root = \"response\"`";
                    arguments.xml_root =
                        Some(assigned(input, &key, <LitStr as Parse>::parse, expected)?);
                }
                "etag" => arguments.automatic_etag = auto(input, &key)?,
                "ignored_paths" => {
                    let expected = "a list of paths, as in `ignored_paths = [\"/favicon.ico\"]`";
                    arguments.ignored_paths = Some(assigned(input, &key, list, expected)?);
                }
                _ => {
                    let message = format!(
                        "unknown argument `{key}`, expected one of `representations`, `xml_root`, `etag`, `ignored_paths`, `deny_unknown`, `crate`"
                    );
                    return Err(syn::Error::new(key.span(), message));
                }
            }
        }
        Ok(arguments)
    }
}

/// Parses `=` and the value of an argument.
fn assigned<T>(
    input: ParseStream<'_>,
    key: &Ident,
    parse: fn(ParseStream<'_>) -> syn::Result<T>,
    expected: &str,
) -> syn::Result<T> {
    if input.parse::<Token![=]>().is_err() {
        return Err(syn::Error::new(key.span(), format!("expected {expected}")));
    }
    expect_with(input, parse, expected)
}

fn auto(input: ParseStream<'_>, key: &Ident) -> syn::Result<bool> {
    let expected = "`etag = auto`: for another entity tag, implement a hook `fn etag(&self, …) -> Option<EntityTag>`";
    let value = assigned(input, key, Ident::parse, expected)?;
    if value == "auto" {
        return Ok(true);
    }
    Err(syn::Error::new(value.span(), format!("expected {expected}")))
}

/// The arguments of `#[resource(…)]`, and of `#[problem(…)]` and `#[parameter(…)]` on an item: `crate = path`, or nothing.
pub(crate) fn crate_argument(tokens: TokenStream) -> syn::Result<Path> {
    let parse = |input: ParseStream<'_>| {
        if input.is_empty() {
            return Ok(default_crate());
        }
        if !input.peek(Token![crate]) {
            return Err(unknown_argument(input));
        }
        krate(input)
    };
    parse.parse2(tokens)
}

fn unknown_argument(input: ParseStream<'_>) -> syn::Error {
    if input.peek(LitStr) {
        return input.error("a path belongs to the struct: write it in `#[mount(\"/path\")]`");
    }
    input.error("unknown argument, expected `crate = path`")
}

/// The path of `wsgiservice`, in arguments that may have errors.
pub(crate) fn find_crate(tokens: &TokenStream) -> Path {
    let find = |input: ParseStream<'_>| {
        while !input.is_empty() {
            if input.peek(Token![crate]) && input.peek2(Token![=]) {
                let path = krate(input)?;
                input.parse::<TokenStream>()?;
                return Ok(path);
            }
            input.parse::<TokenTree>()?;
        }
        Ok(default_crate())
    };
    find.parse2(tokens.clone()).unwrap_or_else(|_| default_crate())
}

pub(crate) fn default_crate() -> Path {
    syn::parse_quote!(::wsgiservice)
}

fn krate(input: ParseStream<'_>) -> syn::Result<Path> {
    input.parse::<Token![crate]>()?;
    input.parse::<Token![=]>()?;
    input.call(Path::parse_mod_style)
}

/// Parses the names of representations.
fn representations(input: ParseStream<'_>) -> syn::Result<Vec<Ident>> {
    let start = input.span();
    let names = list(input)?;
    if names.is_empty() {
        return Err(syn::Error::new(
            start,
            "a resource needs at least one representation, for example `[json]`",
        ));
    }
    Ok(names)
}

/// Parses a list in brackets.
pub(super) fn list<T: Parse>(input: ParseStream<'_>) -> syn::Result<Vec<T>> {
    let content;
    bracketed!(content in input);
    Ok(Punctuated::<T, Token![,]>::parse_terminated(&content)?.into_iter().collect())
}

/// Parses a comma unless the input has ended; returns whether more follows.
pub(super) fn comma(input: ParseStream<'_>) -> syn::Result<bool> {
    if input.is_empty() {
        return Ok(false);
    }
    input.parse::<Token![,]>()?;
    Ok(!input.is_empty())
}

const A_TIME: &str = "a time, as in `#[expires(days = 365)]`";

/// The arguments of `#[expires(…)]`.
pub(crate) fn freshness(input: ParseStream<'_>) -> syn::Result<Freshness> {
    let mut freshness = Freshness { max_age: 0, directives: Vec::new(), vary: Vec::new() };
    let start = input.span();
    let mut has_age = false;
    loop {
        if input.is_empty() {
            break;
        }
        let key: Ident = expect(input, A_TIME)?;
        let name = key.to_string();
        if let Some(unit) = seconds(&name) {
            has_age = true;
            let count = number(input, &key)?;
            let age = count.checked_mul(unit).and_then(|age| freshness.max_age.checked_add(age));
            let age = age.filter(|age| *age <= u64::from(u32::MAX));
            freshness.max_age = age.ok_or_else(|| {
                syn::Error::new(key.span(), "the time must be less than 2^32 seconds")
            })?;
        } else {
            directive(input, &key, &mut freshness)?;
        }
        if !comma(input)? {
            break;
        }
    }
    if has_age { Ok(freshness) } else { Err(syn::Error::new(start, format!("expected {A_TIME}"))) }
}

fn directive(input: ParseStream<'_>, key: &Ident, freshness: &mut Freshness) -> syn::Result<()> {
    match key.to_string().as_str() {
        "private" | "public" | "immutable" | "no_cache" | "must_revalidate" => {
            freshness.directives.push(key.to_string().replace('_', "-"));
        }
        name @ ("stale_while_revalidate" | "stale_if_error") => {
            let directive = format!("{}={}", name.replace('_', "-"), number(input, key)?);
            freshness.directives.push(directive);
        }
        "vary" => {
            let expected = "a list of header fields, as in `vary = [\"Accept-Language\"]`";
            freshness.vary = assigned(input, key, list, expected)?;
        }
        _ => return Err(unknown_directive(key)),
    }
    Ok(())
}

fn unknown_directive(key: &Ident) -> syn::Error {
    let message = format!(
        "unknown argument `{key}`, expected one of `weeks`, `days`, `hours`, `minutes`, `seconds`, `private`, \
         `public`, `immutable`, `no_cache`, `must_revalidate`, `stale_while_revalidate`, `stale_if_error`, `vary`"
    );
    syn::Error::new(key.span(), message)
}

fn number(input: ParseStream<'_>, key: &Ident) -> syn::Result<u64> {
    let number = assigned(input, key, LitInt::parse, "a whole number, as in `days = 365`")?;
    number.base10_parse()
}

fn seconds(unit: &str) -> Option<u64> {
    Some(match unit {
        "weeks" => 7 * 86_400,
        "days" => 86_400,
        "hours" => 3_600,
        "minutes" => 60,
        "seconds" => 1,
        _ => return None,
    })
}

/// The arguments of `#[limit(…)]`.
pub(crate) fn limits(input: ParseStream<'_>) -> syn::Result<Limits> {
    let mut limits = Limits::default();
    loop {
        let key: Ident = expect(input, "the name of a limit, as in `#[limit(content = 5 << 20)]`")?;
        let (limit, expected) = match key.to_string().as_str() {
            "content" => (&mut limits.content, CONTENT),
            "elements" => (&mut limits.elements, ELEMENTS),
            "time" => (&mut limits.time, TIME),
            "concurrency" => (&mut limits.concurrency, CONCURRENCY),
            _ => {
                let message = format!(
                    "unknown limit `{key}`, expected one of `content`, `elements`, `time`, `concurrency`"
                );
                return Err(syn::Error::new(key.span(), message));
            }
        };
        if limit.replace(whole_number(input, &key, expected)?).is_some() {
            return Err(syn::Error::new(key.span(), format!("limit `{key}` appears twice")));
        }
        if !comma(input)? {
            return Ok(limits);
        }
    }
}

const CONTENT: &str = "a number of bytes, as in `#[limit(content = 5 << 20)]` for 5 MiB";
const ELEMENTS: &str = "a number of entries, as in `#[limit(elements = 50_000)]`";
const TIME: &str = "a number of seconds, as in `#[limit(time = 60)]`";
const CONCURRENCY: &str = "a number of requests, as in `#[limit(concurrency = 10)]`";

/// An expression that is not a literal of another type.
fn whole_number(input: ParseStream<'_>, key: &Ident, expected: &str) -> syn::Result<Expr> {
    let number = assigned(input, key, Expr::parse, expected)?;
    let Expr::Lit(literal) = &number else { return Ok(number) };
    let message = match &literal.lit {
        Lit::Int(zero) if key != "content" && zero.base10_digits() == "0" => {
            format!("limit `{key}` cannot be 0: expected {expected}")
        }
        Lit::Int(_) => return Ok(number),
        _ => format!("expected {expected}"),
    };
    Err(syn::Error::new_spanned(number, message))
}

/// The arguments of `#[deprecated]`, which is an attribute of the compiler.
pub(crate) fn deprecation(attribute: &Attribute) -> Deprecation {
    let mut deprecation = Deprecation { since: None, note: None, sunset: Sunset::default() };
    if let Meta::NameValue(MetaNameValue { value: Expr::Lit(literal), .. }) = &attribute.meta
        && let Lit::Str(note) = &literal.lit
    {
        deprecation.note = Some(note.clone());
    }
    // The compiler reports errors in it.
    let _ = attribute.parse_nested_meta(|meta| {
        let text = meta.value()?.parse()?;
        match meta.path.get_ident().map(ToString::to_string).as_deref() {
            Some("since") => deprecation.since = Some(text),
            Some("note") => deprecation.note = Some(text),
            _ => {}
        }
        Ok(())
    });
    deprecation
}

/// The arguments of `#[sunset(…)]`: `since = "2026-11-24", on = "2027-06-30"`.
pub(crate) fn sunset(input: ParseStream<'_>) -> syn::Result<Sunset> {
    let mut sunset = Sunset::default();
    loop {
        let span = input.span();
        let key = input.parse::<Ident>().map(|key| key.to_string());
        let day = input.parse::<Token![=]>().and_then(|_| input.parse());
        match (key.as_deref(), day) {
            (Ok("since"), Ok(day)) => sunset.since = Some(day),
            (Ok("on"), Ok(day)) => sunset.on = Some(day),
            _ => {
                let message = "expected `since` or `on`, as in `#[sunset(since = \"2026-11-24\", on = \"2027-06-30\")]`";
                return Err(syn::Error::new(span, message));
            }
        }
        if !comma(input)? {
            return Ok(sunset);
        }
    }
}

/// The arguments of `#[representation(…)]`: an extension and a media type.
pub(crate) fn representation(input: ParseStream<'_>) -> syn::Result<(LitStr, LitStr)> {
    let expected =
        "an extension and a media type, as in `#[representation(\".html\", \"text/html\")]`";
    let extension = expect(input, expected)?;
    expect::<Token![,]>(input, expected)?;
    Ok((extension, expect(input, expected)?))
}

/// The arguments of `#[from(…)]` on an argument of this name: a source, and the name that a client sends, if that is another.
pub(crate) fn from(argument: &Ident) -> impl Parser<Output = From> {
    move |input: ParseStream<'_>| {
        let expected = "a source, as in `#[from(query)]`, or one with a name, as in `#[from(query = \"page-size\")]`";
        let key: Ident = expect(input, expected)?;
        let Some(source) = Source::ALL.into_iter().find(|source| key == source.name()) else {
            return Err(unknown_source(&key));
        };
        let name = match input.peek(Token![=]) {
            true => assigned(input, &key, <LitStr as Parse>::parse, expected)?,
            false if source == Source::Header => return Err(header_without_name(&key, argument)),
            false => LitStr::new(&model::name(argument), argument.span()),
        };
        if !input.is_empty() {
            return Err(input.error("an argument has one source"));
        }
        Ok(From::Source(source, name))
    }
}

/// The name of a header field is not that of an argument, so that it is not guessed.
fn header_without_name(key: &Ident, argument: &Ident) -> syn::Error {
    let words = model::name(argument);
    let words = words.split('_').filter(|word| !word.is_empty()).map(|word| {
        let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
        first.to_uppercase() + rest
    });
    let field = words.collect::<Vec<_>>().join("-");
    let message = format!(
        "the name of a header field is required: `#[from(header = \"{field}\")]`, if that is its name"
    );
    syn::Error::new(key.span(), message)
}

fn unknown_source(key: &Ident) -> syn::Error {
    let name = key.to_string();
    let meant = match name.as_str() {
        "body" | "form" | "json" => Some("content"),
        "field" => Some("header"),
        name => nearest(name, Source::ALL.into_iter().map(Source::name)),
    };
    let message = format!(
        "unknown source `{name}`, expected one of {}{}",
        in_backticks(Source::ALL.into_iter().map(Source::name)),
        meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default()
    );
    syn::Error::new(key.span(), message)
}
