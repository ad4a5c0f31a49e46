//! The arguments of `#[validate]`.

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{
    Expr, Ident, Lit, Token,
    ext::IdentExt,
    parse::{ParseStream, Parser},
    token,
};
use wsgiservice_grammar::{
    rule::{Rule, Shape},
    similar::nearest,
};

use super::{
    attribute::{comma, list},
    expect, expect_with, in_backticks,
};
use crate::model::{self, Constraint, Literal, Operand, Range, Value};

/// `name, rule = …, rule = …` on a struct or a method.
pub(crate) fn named_constraint(input: ParseStream<'_>) -> syn::Result<Constraint> {
    let message = "expected the name of an argument, as in `#[validate(name, re = \"…\")]`";
    if !input.peek(Ident) || input.peek2(Token![=]) {
        return Err(input.error(message));
    }
    let mut constraint = Constraint::new(input.parse()?);
    while comma(input)? {
        entry(input, &mut constraint)?;
    }
    Ok(constraint)
}

/// `rule = …, rule = …` on an argument.
pub(crate) fn constraint_of(name: Ident) -> impl Parser<Output = Constraint> {
    move |input: ParseStream<'_>| {
        let mut constraint = Constraint::new(name);
        loop {
            if input.is_empty() {
                return Ok(constraint);
            }
            if is_name(input) {
                let message = "expected a rule: `#[validate]` on an argument or a type has no name";
                return Err(input.error(message));
            }
            entry(input, &mut constraint)?;
            if !comma(input)? {
                return Ok(constraint);
            }
        }
    }
}

/// Whether the name of an argument comes next, and not that of a rule.
fn is_name(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let Ok(key) = ahead.parse::<Ident>() else { return false };
    let name = key.to_string();
    !ahead.peek(Token![=]) && shape(&name).is_none() && elsewhere(&name, &ahead).is_none()
}

fn shape(name: &str) -> Option<Shape> {
    Rule::SHAPES.iter().find(|(known, _)| *known == name).map(|(_, shape)| *shape)
}

/// A rule, a default, an example, the documentation or a conversion.
fn entry(input: ParseStream<'_>, constraint: &mut Constraint) -> syn::Result<()> {
    let key = expect_with(input, Ident::parse_any, "a rule, as in `re = \"[a-z]+\"`")?;
    let name = key.to_string();
    let shape = shape(&name);
    if shape.is_none() && !OTHERS.contains(&name.as_str()) {
        return Err(unknown_rule(&key, input));
    }
    expect::<Token![=]>(input, &format!("a value, as in `{name} = …`"))?;
    match (name.as_str(), shape) {
        (_, Some(shape)) => operand_of(key, input, shape, &mut constraint.rules),
        ("default", _) => set(&mut constraint.default, &key, value(input)?),
        ("example", _) => set(&mut constraint.example, &key, value(input)?),
        ("doc", _) => set(
            &mut constraint.documentation,
            &key,
            expect(input, "a string, as in `doc = \"…\"`")?,
        ),
        _ => {
            let expected = "the path of a function, as in `convert = module::function`";
            set(&mut constraint.convert, &key, expect(input, expected)?)
        }
    }
}

/// `= …` after the name of a rule.
pub(crate) fn rule(
    input: ParseStream<'_>,
    key: Ident,
    rules: &mut Vec<model::Rule>,
) -> syn::Result<()> {
    expect::<Token![=]>(input, &format!("a value, as in `{key} = …`"))?;
    match shape(&key.to_string()) {
        Some(shape) => operand_of(key, input, shape, rules),
        None => Err(unknown_rule(&key, input)),
    }
}

fn operand_of(
    name: Ident,
    input: ParseStream<'_>,
    shape: Shape,
    rules: &mut Vec<model::Rule>,
) -> syn::Result<()> {
    if rules.iter().any(|rule| rule.name == name) {
        return Err(twice(&name));
    }
    let operand = operand(input, &name.to_string(), shape)?;
    rules.push(model::Rule { name, operand });
    Ok(())
}

/// Whether a rule has this name.
pub(crate) fn is_rule(name: &str) -> bool {
    shape(name).is_some()
}

/// The names of the rules.
pub(crate) fn rule_names() -> impl Iterator<Item = &'static str> {
    Rule::SHAPES.iter().map(|(name, _)| *name)
}

/// The rule for a name that other libraries have.
pub(crate) fn rule_elsewhere(name: &str) -> Option<String> {
    let meant = |input: ParseStream<'_>| Ok(elsewhere(name, input));
    meant.parse2(TokenStream::new()).ok().flatten()
}

/// What is not a rule.
const OTHERS: [&str; 4] = ["default", "example", "doc", "convert"];

fn set<T>(entry: &mut Option<T>, key: &Ident, value: T) -> syn::Result<()> {
    match entry.replace(value) {
        None => Ok(()),
        Some(_) => Err(twice(key)),
    }
}

fn twice(key: &Ident) -> syn::Error {
    syn::Error::new(key.span(), format!("`{key}` appears twice"))
}

fn unknown_rule(key: &Ident, input: ParseStream<'_>) -> syn::Error {
    let name = key.to_string();
    let names = || rule_names().chain(OTHERS);
    let meant = elsewhere(&name, input).or_else(|| nearest(&name, names()).map(str::to_owned));
    let message = format!(
        "unknown rule `{name}`, expected one of {}{}",
        in_backticks(names()),
        meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default()
    );
    syn::Error::new(key.span(), message)
}

/// The rule for a name that other libraries have, with the operand that follows, if that is a literal.
fn elsewhere(name: &str, input: ParseStream<'_>) -> Option<String> {
    let ahead = input.fork();
    let written = ahead.parse::<Token![=]>().and_then(|_| literal(&ahead));
    let number = written.ok().and_then(|literal| literal.bound().and(literal.text()));
    let number = |example: &str| number.clone().unwrap_or_else(|| example.to_owned());
    Some(match name {
        "min" | "minimum" | "ge" => format!("range = {}..", number("1")),
        "max" | "maximum" | "le" => format!("range = ..={}", number("100")),
        "min_len" | "min_length" => format!("len = {}..", number("1")),
        "max_len" | "max_length" => format!("len = ..={}", number("100")),
        "length" => "len = 1..=100".to_owned(),
        "regex" | "pattern" => "re = \"…\"".to_owned(),
        "values" | "choices" | "enum" => "one_of = [\"…\"]".to_owned(),
        "email" | "uri" | "uuid" => format!("format = \"{name}\""),
        "url" => "format = \"uri\"".to_owned(),
        "description" => "doc = \"…\"".to_owned(),
        _ => return None,
    })
}

fn operand(input: ParseStream<'_>, name: &str, shape: Shape) -> syn::Result<Operand> {
    let expected = |example: &str| format!("{example}`").replace("NAME", name);
    Ok(match shape {
        Shape::Text => {
            Operand::Text(expect(input, &expected("a string, as in `NAME = \"[a-z]+\""))?)
        }
        Shape::Number => Operand::Number(value(input)?),
        Shape::Length => Operand::Length(range(input)?),
        Shape::Range => Operand::Range(range(input)?),
        Shape::Texts => texts(input, &expected("a list of strings, as in `NAME = [\"a\", \"b\"]"))?,
        Shape::Format => {
            Operand::Format(expect(input, &expected("a string, as in `NAME = \"email\""))?)
        }
    })
}

/// Strings and constants, or a constant that has the strings.
fn texts(input: ParseStream<'_>, expected: &str) -> syn::Result<Operand> {
    if !input.peek(token::Bracket) {
        let constant = expect_with(input, constant, expected)?;
        return Ok(Operand::TextsOf(constant));
    }
    let start = input.fork();
    let texts: Vec<Expr> = expect_with(input, list, expected)?;
    let is_text = |it: &Expr| match it {
        Expr::Lit(literal) => matches!(literal.lit, Lit::Str(_)),
        it => names_constant(it.to_token_stream()),
    };
    if texts.iter().all(is_text) {
        return Ok(Operand::Texts(texts));
    }
    Err(start.error(format!("expected {expected}")))
}

fn range(input: ParseStream<'_>) -> syn::Result<Range> {
    let span = input.span();
    let least = (!input.peek(Token![..])).then(|| value(input)).transpose()?;
    let is_closed = input.peek(Token![..=]);
    if is_closed {
        input.parse::<Token![..=]>()?;
    } else if input.peek(Token![..]) {
        input.parse::<Token![..]>()?;
    } else {
        return Err(syn::Error::new(span, "expected a range: `1..=100`, `1..` or `..=100`"));
    }
    let ends = input.is_empty() || input.peek(Token![,]);
    let most = (!ends).then(|| value(input)).transpose()?;
    Ok(Range { least, most, is_closed, span })
}

/// A literal, or an expression with a constant.
fn value(input: ParseStream<'_>) -> syn::Result<Value> {
    let ahead = input.fork();
    let is_literal = literal(&ahead).is_ok()
        && (ahead.is_empty() || ahead.peek(Token![,]) || ahead.peek(Token![..]));
    if is_literal {
        return literal(input).map(Value::Literal);
    }
    let expected = "a literal or a constant, as in `10`, `\"text\"` or `MAX`";
    expect_with(input, constant, expected).map(Value::Constant)
}

/// An expression with a constant, up to a comma or a range. The value of another expression would have no type.
fn constant(input: ParseStream<'_>) -> syn::Result<Expr> {
    let mut tokens = TokenStream::new();
    while !(input.is_empty() || input.peek(Token![,]) || input.peek(Token![..])) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    if !names_constant(tokens.clone()) {
        return Err(input.error("expected a constant"));
    }
    syn::parse2(tokens)
}

/// Whether an expression has the name of something.
fn names_constant(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident != "true" && ident != "false",
        TokenTree::Group(group) => names_constant(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn literal(input: ParseStream<'_>) -> syn::Result<Literal> {
    let is_negative = input.parse::<Option<Token![-]>>()?.is_some();
    Ok(Literal { is_negative, literal: expect(input, "a literal, as in `10` or `\"text\"`")? })
}
