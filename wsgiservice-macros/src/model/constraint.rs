//! A constraint: the rules, the default, the example and the documentation of a parameter.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Path, spanned::Spanned};
use wsgiservice_grammar::{bound::Bound, format::Format, rule as grammar, value};

/// A `#[validate]`, or several that are merged.
#[derive(Clone)]
pub(crate) struct Constraint {
    pub(crate) name: Ident,
    pub(crate) rules: Vec<Rule>,
    pub(crate) convert: Option<Path>,
    pub(crate) default: Option<Value>,
    pub(crate) example: Option<Value>,
    pub(crate) documentation: Option<LitStr>,
}

/// A rule, as in `len = 1..=20`.
#[derive(Clone)]
pub(crate) struct Rule {
    pub(crate) name: Ident,
    pub(crate) operand: Operand,
}

/// What the author wrote after the name of a rule; a variant for each shape in the grammar.
#[derive(Clone)]
pub(crate) enum Operand {
    Text(LitStr),
    Number(Value),
    Length(Range),
    Range(Range),
    /// Strings and constants.
    Texts(Vec<Expr>),
    /// A constant that has the strings.
    TextsOf(Expr),
    Format(LitStr),
}

/// A range: `1..=100`.
#[derive(Clone)]
pub(crate) struct Range {
    pub(crate) least: Option<Value>,
    pub(crate) most: Option<Value>,
    pub(crate) is_closed: bool,
    pub(crate) span: Span,
}

/// A literal, or an expression with a constant, whose value only the compiler knows.
#[derive(Clone)]
pub(crate) enum Value {
    Literal(Literal),
    Constant(Expr),
}

/// A literal, which may be negative.
#[derive(Clone)]
pub(crate) struct Literal {
    pub(crate) is_negative: bool,
    pub(crate) literal: Lit,
}

impl Constraint {
    pub(crate) fn new(name: Ident) -> Self {
        Self {
            name,
            rules: Vec::new(),
            convert: None,
            default: None,
            example: None,
            documentation: None,
        }
    }

    /// Merges this constraint with one that is further away from the argument. This one wins.
    pub(crate) fn or(mut self, further: &Self) -> Self {
        for rule in &further.rules {
            if self.rules.iter().all(|nearer| nearer.name != rule.name) {
                self.rules.push(rule.clone());
            }
        }
        let further = further.clone();
        Self {
            convert: self.convert.or(further.convert),
            default: self.default.or(further.default),
            example: self.example.or(further.example),
            documentation: self.documentation.or(further.documentation),
            ..self
        }
    }
}

impl Rule {
    /// Calls a function with the rule of the grammar; `None` if the operand is malformed, which `check` reports.
    pub(crate) fn ask<T>(&self, question: impl FnOnce(&grammar::Rule<'_>) -> T) -> Option<T> {
        let name = self.name.to_string();
        let ask = |operand: grammar::Operand<'_>| {
            grammar::Rule::written(&name, operand).as_ref().map(question)
        };
        match &self.operand {
            Operand::Text(text) => ask(grammar::Operand::Text(&text.value())),
            Operand::Number(number) => {
                let number = number.literal()?;
                let text = number.text()?;
                ask(grammar::Operand::Number(number.value(&text)?))
            }
            Operand::Length(range) => {
                let (least, most) = range.lengths()?;
                ask(grammar::Operand::Length(least, most))
            }
            Operand::Range(range) => {
                let (least, most) = range.bounds()?;
                ask(grammar::Operand::Range(least, most))
            }
            Operand::Texts(texts) => {
                let texts: Option<Vec<_>> = texts.iter().map(text).collect();
                let texts = texts?;
                let texts: Vec<_> = texts.iter().map(String::as_str).collect();
                ask(grammar::Operand::Texts(&texts))
            }
            Operand::TextsOf(_) => None,
            Operand::Format(name) => ask(grammar::Operand::Format(Format::named(&name.value())?)),
        }
    }

    /// What it applies to, in words.
    pub(crate) fn subject(&self) -> &'static str {
        let operand = match &self.operand {
            Operand::Text(_) => grammar::Operand::Text(""),
            Operand::Number(_) => grammar::Operand::Number(value::Literal::Integer(1, "1")),
            Operand::Length(_) => grammar::Operand::Length(0, 0),
            Operand::Range(_) => grammar::Operand::Range(Bound::Open, Bound::Open),
            Operand::Texts(_) | Operand::TextsOf(_) => grammar::Operand::Texts(&[]),
            Operand::Format(_) => grammar::Operand::Format(Format::Email),
        };
        let rule = grammar::Rule::written(&self.name.to_string(), operand);
        rule.map_or("values", |rule| rule.subject())
    }

    /// Whether only the compiler knows its operand.
    pub(crate) fn has_constant(&self) -> bool {
        match &self.operand {
            Operand::Text(_) | Operand::Format(_) => false,
            Operand::Number(number) => number.literal().is_none(),
            Operand::Length(range) | Operand::Range(range) => {
                range.ends().any(|end| end.literal().is_none())
            }
            Operand::Texts(texts) => texts.iter().any(|it| text(it).is_none()),
            Operand::TextsOf(_) => true,
        }
    }

    /// The values that it lists, if it is a list of values.
    pub(crate) fn allowed_texts(&self) -> &[Expr] {
        match &self.operand {
            Operand::Texts(texts) => texts,
            _ => &[],
        }
    }

    /// The span of its operand.
    pub(crate) fn span(&self) -> Span {
        match &self.operand {
            Operand::Text(text) | Operand::Format(text) => text.span(),
            Operand::Number(number) => number.span(),
            Operand::Length(range) | Operand::Range(range) => range.span,
            Operand::Texts(texts) => texts.first().map_or(self.name.span(), Spanned::span),
            Operand::TextsOf(constant) => constant.span(),
        }
    }
}

impl Range {
    /// Whether it excludes its end: `1..100`.
    pub(crate) fn is_half_open(&self) -> bool {
        self.most.is_some() && !self.is_closed
    }

    /// Its ends.
    pub(crate) fn ends(&self) -> impl Iterator<Item = &Value> {
        self.least.iter().chain(&self.most)
    }

    /// Its ends, if they are lengths.
    pub(crate) fn lengths(&self) -> Option<(usize, usize)> {
        let length = |end: &Option<Value>, open| match end {
            None => Some(open),
            Some(end) => end.literal()?.length(),
        };
        Some((length(&self.least, 0)?, length(&self.most, usize::MAX)?))
    }

    /// Its ends, if they are numbers.
    pub(crate) fn bounds(&self) -> Option<(Bound, Bound)> {
        let bound = |end: &Option<Value>| match end {
            None => Some(Bound::Open),
            Some(end) => end.literal()?.bound(),
        };
        Some((bound(&self.least)?, bound(&self.most)?))
    }
}

impl Value {
    /// The literal, if it is one.
    pub(crate) fn literal(&self) -> Option<&Literal> {
        match self {
            Self::Literal(literal) => Some(literal),
            Self::Constant(_) => None,
        }
    }

    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Literal(literal) => literal.span(),
            Self::Constant(constant) => constant.span(),
        }
    }
}

/// The text of a string.
fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

impl Literal {
    pub(crate) fn span(&self) -> Span {
        self.literal.span()
    }

    /// The text that a client would send.
    pub(crate) fn text(&self) -> Option<String> {
        let sign = if self.is_negative { "-" } else { "" };
        match &self.literal {
            Lit::Str(text) if !self.is_negative => Some(text.value()),
            Lit::Int(number) => Some(format!("{sign}{}", number.base10_digits())),
            Lit::Float(number) => Some(format!("{sign}{}", number.base10_digits())),
            Lit::Bool(value) if !self.is_negative => Some(value.value.to_string()),
            Lit::Char(value) if !self.is_negative => Some(value.value().to_string()),
            _ => None,
        }
    }

    /// The literal of the grammar, with its [`text`](Self::text).
    pub(crate) fn value<'a>(&self, text: &'a str) -> Option<value::Literal<'a>> {
        Some(match &self.literal {
            Lit::Int(_) => value::Literal::Integer(text.parse().ok()?, text),
            Lit::Float(_) => value::Literal::Number(text.parse().ok()?, text),
            Lit::Bool(value) => value::Literal::Boolean(value.value),
            _ => value::Literal::Text(text),
        })
    }

    /// Its value, if it is a number.
    pub(crate) fn bound(&self) -> Option<Bound> {
        match Bound::of(&self.value(&self.text()?)?) {
            Bound::Open => None,
            bound => Some(bound),
        }
    }

    /// Its value, if it is a length.
    pub(crate) fn length(&self) -> Option<usize> {
        match self.bound()? {
            Bound::Integer(number) => usize::try_from(number).ok(),
            _ => None,
        }
    }
}

impl ToTokens for Value {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Literal(literal) => literal.to_tokens(tokens),
            Self::Constant(constant) => constant.to_tokens(tokens),
        }
    }
}

impl ToTokens for Literal {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        if self.is_negative {
            tokens.extend(quote::quote!(-));
        }
        self.literal.to_tokens(tokens);
    }
}
