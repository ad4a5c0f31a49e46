//! The arguments of `#[validate]`.

use syn::{
    Ident, Lit, Token,
    parse::{ParseStream, Parser},
};
use wsgiservice_grammar::{
    rule::{Rule, Shape},
    similar::nearest,
};

use super::{
    attribute::{comma, list},
    in_backticks,
};
use crate::model::{self, Constraint, Literal, Operand, Range};

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
            if input.peek(Ident) && !input.peek2(Token![=]) {
                let message = "expected a rule: `#[validate]` on an argument has no name";
                return Err(input.error(message));
            }
            entry(input, &mut constraint)?;
            if !comma(input)? {
                return Ok(constraint);
            }
        }
    }
}

/// A rule, a default, an example, the documentation or a conversion.
fn entry(input: ParseStream<'_>, constraint: &mut Constraint) -> syn::Result<()> {
    let key: Ident = input.parse()?;
    input.parse::<Token![=]>()?;
    match key.to_string().as_str() {
        "default" => set(&mut constraint.default, &key, literal(input)?),
        "example" => set(&mut constraint.example, &key, literal(input)?),
        "doc" => set(&mut constraint.documentation, &key, input.parse()?),
        "convert" => set(&mut constraint.convert, &key, input.parse()?),
        name => {
            let shape = Rule::SHAPES.iter().find(|(known, _)| *known == name);
            let (_, shape) = shape.ok_or_else(|| unknown_rule(&key))?;
            if constraint.rules.iter().any(|rule| rule.name == key) {
                return Err(twice(&key));
            }
            let operand = operand(input, *shape)?;
            constraint.rules.push(model::Rule { name: key, operand });
            Ok(())
        }
    }
}

fn set<T>(entry: &mut Option<T>, key: &Ident, value: T) -> syn::Result<()> {
    match entry.replace(value) {
        None => Ok(()),
        Some(_) => Err(twice(key)),
    }
}

fn twice(key: &Ident) -> syn::Error {
    syn::Error::new(key.span(), format!("`{key}` appears twice"))
}

fn unknown_rule(key: &Ident) -> syn::Error {
    let rules = Rule::SHAPES.iter().map(|(name, _)| *name);
    let names = || rules.clone().chain(["default", "example", "doc", "convert"]);
    let help = nearest(&key.to_string(), names()).map(|near| format!("; did you mean `{near}`?"));
    let message = format!(
        "unknown rule `{key}`, expected one of {}{}",
        in_backticks(names()),
        help.unwrap_or_default()
    );
    syn::Error::new(key.span(), message)
}

fn operand(input: ParseStream<'_>, shape: Shape) -> syn::Result<Operand> {
    Ok(match shape {
        Shape::Text => Operand::Text(input.parse()?),
        Shape::Number => Operand::Number(literal(input)?),
        Shape::Length => Operand::Length(range(input)?),
        Shape::Range => Operand::Range(range(input)?),
        Shape::Texts => Operand::Texts(list(input)?),
        Shape::Format => Operand::Format(input.parse()?),
    })
}

fn range(input: ParseStream<'_>) -> syn::Result<Range> {
    let span = input.span();
    let least = (!input.peek(Token![..])).then(|| literal(input)).transpose()?;
    let is_closed = input.peek(Token![..=]);
    if is_closed {
        input.parse::<Token![..=]>()?;
    } else if input.peek(Token![..]) {
        input.parse::<Token![..]>()?;
    } else {
        return Err(syn::Error::new(span, "expected a range: `1..=100`, `1..` or `..=100`"));
    }
    let ends = input.is_empty() || input.peek(Token![,]);
    let most = (!ends).then(|| literal(input)).transpose()?;
    Ok(Range { least, most, is_closed, span })
}

fn literal(input: ParseStream<'_>) -> syn::Result<Literal> {
    let is_negative = input.parse::<Option<Token![-]>>()?.is_some();
    Ok(Literal { is_negative, literal: input.parse::<Lit>()? })
}
