//! Every semantic error that one macro can see: what is wrong, where it belongs, what to write.
//!
//! What only `#[mount]` and `#[resource]` together can see is in `expand::assertions`.

use syn::{Attribute, LitStr, Type, spanned::Spanned};

use crate::{
    expression::Expression,
    input::{Errors, function::Function},
    model::{Constraint, Freshness, Literal, METHODS, Operation, Range, Role, Sunset, name},
};

/// The formats that the runtime knows.
const FORMATS: [&str; 9] =
    ["email", "uri", "hostname", "date-time", "date", "time", "uuid", "ipv4", "ipv6"];

/// A constraint by itself.
pub(crate) fn constraint(constraint: &Constraint, errors: &mut Errors) {
    expression(constraint, errors);
    if let Some(format) = &constraint.format
        && !FORMATS.contains(&format.value().as_str())
    {
        let message =
            format!("there is no format {:?}: write one of {}", format.value(), FORMATS.join(", "));
        errors.at(format.span(), message);
    }
    for range in constraint.len.iter().chain(&constraint.range) {
        self::range(range, errors);
    }
    if constraint.one_of.as_ref().is_some_and(Vec::is_empty) {
        errors.at(
            constraint.name.span(),
            format!("`{}` could have no value at all", constraint.name),
        );
    }
    for (name, value) in [("default", &constraint.default), ("example", &constraint.example)] {
        if let Some(value) = value {
            self::value(constraint, name, value, errors);
        }
    }
}

/// A constraint on a struct, which no function can convert: it knows no types.
pub(crate) fn struct_constraint(constraint: &Constraint, errors: &mut Errors) {
    self::constraint(constraint, errors);
    if let Some(path) = &constraint.convert {
        errors
            .at(path.span(), "write `convert` on the method or the argument, whose type it gives");
    }
}

fn expression(constraint: &Constraint, errors: &mut Errors) {
    let Some(re) = &constraint.re else { return };
    if let Err(error) = Expression::new(&re.value()) {
        errors.at(re.span(), format!("this regular expression does not parse: {error}"));
    }
}

fn range(range: &Range, errors: &mut Errors) {
    let least = range.least.as_ref().map(|literal| literal.number());
    let most = range.most.as_ref().map(|literal| literal.number());
    if least == Some(None) || most == Some(None) {
        errors.at(range.span, "both ends of a range are numbers: `1..=100`");
        return;
    }
    if range.most.is_some() && !range.is_closed {
        errors.at(range.span, "say that the end belongs to it: `1..=100`");
    } else if let (Some(Some(least)), Some(Some(most))) = (least, most)
        && least > most
    {
        errors.at(range.span, "there is nothing in this range");
    }
}

/// A default or an example that stands beside its rule.
fn value(constraint: &Constraint, name: &str, value: &Literal, errors: &mut Errors) {
    let Some(text) = value.text() else {
        errors.at(value.span(), format!("the {name} is a text, a number, `true` or `false`"));
        return;
    };
    let mut broken = |rule: &str| {
        errors.at(value.span(), format!("the {name} {text:?} breaks its own rule: `{rule}`"));
    };
    if text.is_empty() {
        broken("a validated parameter is not empty");
    }
    if let Some(re) = &constraint.re
        && let Ok(expression) = Expression::new(&re.value())
        && !expression.matches(&text)
    {
        broken(&format!("re = {:?}", re.value()));
    }
    if let Some(values) = &constraint.one_of
        && values.iter().all(|value| value.value() != text)
    {
        broken("one_of");
    }
    if let Some(len) = &constraint.len
        && !contains(len, text.chars().count() as f64)
    {
        broken("len");
    }
    if let (Some(range), Some(number)) = (&constraint.range, value.number())
        && !contains(range, number)
    {
        broken("range");
    }
}

fn contains(range: &Range, number: f64) -> bool {
    let end = |literal: &Option<Literal>| literal.as_ref().and_then(|it| it.number());
    end(&range.least).is_none_or(|least| least <= number)
        && end(&range.most).is_none_or(|most| number <= most)
}

/// The root element of XML: a name without a colon, and none that XML keeps for itself.
pub(crate) fn xml_root(name: Option<&LitStr>, errors: &mut Errors) -> String {
    let Some(name) = name else { return "response".to_owned() };
    let text = name.value();
    let begins = text.starts_with(|first: char| first.is_alphabetic() || first == '_');
    let goes_on = text.chars().all(|it| it.is_alphanumeric() || "_-.".contains(it));
    if !begins || !goes_on || text.to_lowercase().starts_with("xml") {
        errors.at(name.span(), format!("{text:?} is no name of an XML element, as `\"user\"` is"));
    }
    text
}

/// The role of a function, by its name.
pub(crate) fn role(function: &Function, errors: &mut Errors) -> Option<Role> {
    let name = name(&function.ident);
    let role = Role::named(&name);
    if role.is_none() {
        errors.at(function.ident.span(), unknown(&name));
    }
    role
}

fn unknown(name: &str) -> String {
    let snake = name.to_lowercase();
    if snake != name && Role::named(&snake).is_some() {
        return format!("write it in snake case: `{snake}`");
    }
    match snake.as_str() {
        "head" => "`HEAD` runs `get`: leave `head` out".to_owned(),
        "options" => "the framework answers `OPTIONS`: leave `options` out".to_owned(),
        "trace" | "connect" => format!("no resource answers `{}`", name.to_uppercase()),
        _ => {
            let near =
                nearest(&snake).map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
            format!(
                "`{name}` is neither a method (`get`, `post`, `put`, `delete`, `patch`, …) nor a hook (`authorize`, \
                 `exists`, `etag`, `last_modified`).{near} Write other functions in an impl without `#[resource]`"
            )
        }
    }
}

/// The name that is one letter away.
fn nearest(name: &str) -> Option<&'static str> {
    let hooks = ["authorize", "exists", "etag", "last_modified"];
    let mut known = METHODS.iter().map(|(known, _)| *known).chain(hooks);
    known.find(|known| known.len().abs_diff(name.len()) <= 1 && distance(known, name) <= 1)
}

/// How many letters are added, missing or others, if they are at one place.
fn distance(one: &str, other: &str) -> usize {
    let before = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let rest = one.len().min(other.len()) - before;
    let after =
        one.bytes().rev().zip(other.bytes().rev()).take(rest).take_while(|(a, b)| a == b).count();
    one.len().max(other.len()) - before - after
}

/// A signature that the framework can call.
pub(crate) fn signature(function: &Function, errors: &mut Errors) {
    let receiver = function.receiver.as_ref().map(ToString::to_string);
    match receiver.as_deref() {
        Some("& self" | "&self") => {}
        Some(_) => errors.at(
            function.receiver.span(),
            "a method takes `&self`: requests run side by side, so what changes is behind a lock or a pool",
        ),
        None => errors.at(function.ident.span(), "a method takes `&self` first"),
    }
    if !function.generics.params.is_empty() {
        errors.at(
            function.generics.params.span(),
            "a method has no generics: a request says no types",
        );
    }
    if !function.qualifiers.is_empty() {
        errors.at(function.qualifiers.span(), "a method is `fn` or `async fn`");
    }
    if let syn::ReturnType::Type(_, ty) = &function.output
        && is_impl_trait(ty)
    {
        errors.at(ty.span(), "name the type: the documentation needs to know it");
    }
}

fn is_impl_trait(ty: &Type) -> bool {
    matches!(ty, Type::ImplTrait(_))
}

/// The operations together: one at least is a method.
pub(crate) fn operations(operations: &[Operation], span: proc_macro2::Span, errors: &mut Errors) {
    if errors.is_empty() && operations.iter().all(|operation| operation.role.is_hook()) {
        errors.at(span, "this resource has no methods: write `fn get(&self) -> …`");
    }
}

/// The rules of a method, each of which names an argument.
pub(crate) fn names_argument(
    constraint: &Constraint,
    function: &Function,
    errors: &mut Errors,
) -> bool {
    let known = function.arguments.iter().any(|argument| argument.ident == constraint.name);
    if !known {
        let message = format!("`{}` has no argument `{}`", function.ident, constraint.name);
        errors.at(constraint.name.span(), message);
    }
    known
}

/// A hook keeps to its own.
pub(crate) fn hook(operation: &Operation, errors: &mut Errors) {
    if operation.role.is_hook() && operation.freshness.is_some() {
        errors
            .at(operation.ident.span(), "`#[expires]` belongs on a method: a hook answers nothing");
    }
    if operation.role.is_hook() && operation.limits.content.is_some() {
        errors.at(operation.ident.span(), "`#[limit]` belongs on a method: a hook reads nothing");
    }
}

/// Days of a method that is to go.
pub(crate) fn sunset(is_deprecated: bool, sunset: &Sunset, errors: &mut Errors) {
    for day in [&sunset.since, &sunset.on].into_iter().flatten() {
        if !is_deprecated {
            let message = "say first that it is to go: `#[deprecated(note = \"…\")]`";
            errors.at(day.span(), message);
        }
        if !is_day(&day.value()) {
            errors.at(day.span(), "write a day, as in `\"2027-06-30\"`");
        }
    }
}

/// A day, as in 2026-11-24.
fn is_day(text: &str) -> bool {
    let is_digits =
        |part: &str, length| part.len() == length && part.bytes().all(|byte| byte.is_ascii_digit());
    let number = |part: &str| part.parse::<u8>().unwrap_or_default();
    match text.split('-').collect::<Vec<_>>().as_slice() {
        [year, month, day] => {
            is_digits(year, 4)
                && is_digits(month, 2)
                && is_digits(day, 2)
                && (1..=12).contains(&number(month))
                && (1..=31).contains(&number(day))
        }
        _ => false,
    }
}

/// An attribute that is there once.
pub(crate) fn once<'a>(
    attributes: &'a [Attribute],
    name: &str,
    errors: &mut Errors,
) -> Option<&'a Attribute> {
    if let Some(second) = attributes.get(1) {
        errors.at(second.span(), format!("`#[{name}]` is here twice"));
    }
    attributes.first()
}

/// A freshness that does not contradict itself.
pub(crate) fn freshness(freshness: &Freshness, attribute: &Attribute, errors: &mut Errors) {
    let has = |name: &str| freshness.directives.iter().any(|directive| directive == name);
    if has("private") && has("public") {
        errors.at(attribute.span(), "an answer is either `private` or `public`");
    }
    for name in &freshness.vary {
        field_name(name, errors);
    }
}

/// The name of a header field (RFC 9110, section 5.1).
pub(crate) fn field_name(name: &LitStr, errors: &mut Errors) {
    let text = name.value();
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if text.is_empty() || !text.bytes().all(is_token) {
        errors.at(name.span(), format!("{text:?} is no name of a header field"));
    }
}

/// The extension and the media type of a resource's own representation.
pub(crate) fn own_representation(extension: &LitStr, media_type: &LitStr, errors: &mut Errors) {
    let text = extension.value();
    let stem = text.strip_prefix('.').unwrap_or_default();
    if stem.is_empty() || !stem.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        errors
            .at(extension.span(), "an extension is a dot and then letters and digits: `\".html\"`");
    }
    let text = media_type.value();
    if text.split('/').filter(|part| !part.trim().is_empty()).count() != 2 {
        errors.at(media_type.span(), format!("{text:?} is no media type, as `\"text/html\"` is"));
    }
}
