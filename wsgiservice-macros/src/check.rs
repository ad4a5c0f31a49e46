//! Every semantic error that one macro can see: what is wrong, where it belongs, what to write.
//!
//! What only `#[mount]` and `#[resource]` together can see is in `expand::assertions`.

use proc_macro2::{Ident, Span};
use syn::{Attribute, LitStr, Type, spanned::Spanned};
use wsgiservice_grammar::{
    date::Day,
    hook::Hook,
    media_type::{is_extension, is_media_type},
    method::{REGISTERED, functions},
    path,
    similar::nearest,
    token::is_token,
    xml,
};

use crate::{
    expression::Expression,
    input::{Errors, function::Function},
    model::{Constraint, Freshness, From, Literal, Operation, Range, Role, Sunset, name},
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

/// The arguments for the variables of a path.
pub(crate) fn variables(template: &path::Path, span: Span, errors: &mut Errors) -> Vec<Ident> {
    template.variables().filter_map(|name| errors.take(argument_name(name, span))).collect()
}

/// An identifier, which is a raw one for a keyword.
fn argument_name(name: &str, span: Span) -> syn::Result<Ident> {
    let parsed = syn::parse_str::<Ident>(name);
    let parsed = parsed.or_else(|_| syn::parse_str(&format!("r#{name}")));
    let mut ident = parsed.map_err(|_| {
        syn::Error::new(span, format!("invalid path: `{name}` is not a valid argument name"))
    })?;
    ident.set_span(span);
    Ok(ident)
}

/// The root element of XML.
pub(crate) fn xml_root(name: Option<&LitStr>, errors: &mut Errors) -> String {
    let Some(name) = name else { return "response".to_owned() };
    let text = name.value();
    if !xml::is_name(&text) {
        errors.at(name.span(), format!("`{text}` is not a valid name of an XML element"));
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

/// What is wrong with the name of a function that is neither a method nor a hook.
fn unknown(name: &str) -> String {
    let snake = name.to_lowercase();
    if snake != name && Role::named(&snake).is_some() {
        return format!("methods and hooks are named in snake case: `{snake}`");
    }
    let method = name.to_uppercase();
    match method.as_str() {
        "HEAD" => "`head` cannot be implemented: `get` answers `HEAD`".to_owned(),
        "OPTIONS" => "`options` cannot be implemented: the framework answers `OPTIONS`".to_owned(),
        _ if REGISTERED.contains(&method.as_str()) => {
            format!("`{snake}` cannot be implemented: `{method}` is not about a resource")
        }
        _ => {
            let hooks = || Hook::ALL.iter().map(|hook| hook.name());
            let help = match nearest(&snake, functions().chain(hooks())) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "move other functions to an impl without `#[resource]`".to_owned(),
            };
            format!(
                "`{name}` is neither a method (`get`, `post`, `put`, `delete`, `patch`, …) nor a hook ({}); {help}",
                list(hooks())
            )
        }
    }
}

/// Names, as in an error.
fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
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
pub(crate) fn operations(operations: &[Operation], span: Span, errors: &mut Errors) {
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

/// The days of a deprecated method.
pub(crate) fn sunset(is_deprecated: bool, sunset: &Sunset, errors: &mut Errors) {
    let days = || [&sunset.since, &sunset.on].into_iter().flatten();
    if let (false, Some(day)) = (is_deprecated, days().next()) {
        let message = "`#[sunset]` requires `#[deprecated]`: add `#[deprecated(note = \"…\")]`";
        errors.at(day.span(), message);
    }
    for day in days().filter(|day| Day::parse(&day.value()).is_none()) {
        let message =
            format!("`{}` is not a day of the calendar, such as `2027-06-30`", day.value());
        errors.at(day.span(), message);
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

/// Where an argument comes from.
pub(crate) fn from(from: &From, errors: &mut Errors) {
    match from {
        From::Name => {}
        From::Header(name) => field_name(name, errors),
    }
}

/// The name of a header field (RFC 9110, section 5.1).
fn field_name(name: &LitStr, errors: &mut Errors) {
    let text = name.value();
    if !is_token(&text) {
        errors.at(name.span(), format!("`{text}` is not a valid name of a header field"));
    }
}

/// The extension and the media type of a resource's own representation.
pub(crate) fn own_representation(extension: &LitStr, media_type: &LitStr, errors: &mut Errors) {
    let text = extension.value();
    if !is_extension(&text) {
        let message = format!(
            "`{text}` is not an extension: expected a dot, then letters and digits, such as `\".html\"`"
        );
        errors.at(extension.span(), message);
    }
    let text = media_type.value();
    if !is_media_type(&text) {
        let message = format!("`{text}` is not a media type, such as `\"text/html\"`");
        errors.at(media_type.span(), message);
    }
}
