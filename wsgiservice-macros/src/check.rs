//! All semantic errors that one macro can see: what is wrong, and what to write instead.
//!
//! `expand::assertions` has those for which both `#[mount]` and `#[resource]` are needed.

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;
use syn::{
    Attribute, Data, Fields, GenericArgument, GenericParam, Generics, LitStr, PathArguments, Type,
    TypeReference, spanned::Spanned,
};
use wsgiservice_grammar::{
    date::Day,
    format::Format,
    hook::Hook,
    media_type::{is_extension, is_media_type},
    method::{REGISTERED, functions, of_function},
    path,
    rule::Rule,
    similar::nearest,
    token::is_token,
    value, xml,
};

use crate::{
    expression::Expression,
    input::{
        Errors,
        condition::{Conditions, hidden_attributes as hidden_attributes_of},
        function::{Argument, Function},
        imp::Impl,
        in_backticks, is_named,
        types::type_arguments,
    },
    model::{
        Constraint, Freshness, From, Literal, Operand, Operation, Role, Source, Sunset, Value, name,
    },
};

/// Checks a constraint by itself.
pub(crate) fn constraint(constraint: &Constraint, errors: &mut Errors) {
    for rule in &constraint.rules {
        let problem = malformed(&rule.operand).or_else(|| rule.ask(impossible).flatten());
        if let Some(problem) = problem {
            errors.at(rule.span(), problem);
        }
    }
    for (name, value) in [("default", &constraint.default), ("example", &constraint.example)] {
        if let Some(literal) = value.as_ref().and_then(Value::literal) {
            self::value(constraint, name, literal, errors);
        }
    }
}

/// Checks that the constraint of an argument with a documentation comment has no documentation of its own.
pub(crate) fn documented_once(constraint: &Constraint, errors: &mut Errors) {
    if let Some(documentation) = &constraint.documentation {
        let message = format!(
            "`{}` is documented twice: keep the documentation comment, or `doc`",
            constraint.name
        );
        errors.at(documentation.span(), message);
    }
}

/// Checks a constraint on a struct.
pub(crate) fn struct_constraint(constraint: &Constraint, errors: &mut Errors) {
    self::constraint(constraint, errors);
    if let Some(path) = &constraint.convert {
        let message = "`convert` is not allowed on a struct: move it to a method or an argument";
        errors.at(path.span(), message);
    }
}

/// Checks a constraint of a type.
pub(crate) fn type_constraint(constraint: &Constraint, errors: &mut Errors) {
    self::constraint(constraint, errors);
    let convert = constraint.convert.as_ref().map(|path| ("convert", path.span()));
    let default = constraint.default.as_ref().map(|value| ("default", value.span()));
    for (name, span) in convert.into_iter().chain(default) {
        errors.at(span, format!("`{name}` is not allowed on a type: move it to the argument"));
    }
}

/// Reports a `#[validate]` in a type, which would not be read.
pub(crate) fn inner_constraints(data: &Data, errors: &mut Errors) {
    let fields = |fields: &Fields| fields.iter().flat_map(|it| it.attrs.clone()).collect();
    let attributes: Vec<Attribute> = match data {
        Data::Struct(data) => fields(&data.fields),
        Data::Enum(data) => data.variants.iter().flat_map(|it| it.attrs.clone()).collect(),
        Data::Union(_) => Vec::new(),
    };
    for attribute in attributes.iter().filter(|attribute| is_named(attribute, "validate")) {
        let message = "`#[validate]` is about the type as a whole: move it above the type";
        errors.push(syn::Error::new_spanned(attribute, message));
    }
}

/// Why an operand is not a value of its shape.
fn malformed(operand: &Operand) -> Option<String> {
    let problem = match operand {
        Operand::Number(number) if is_not(number, |it| it.bound().is_some()) => "expected a number",
        Operand::Length(range) | Operand::Range(range) if range.is_half_open() => {
            "expected a range that includes its end: `1..=100`"
        }
        Operand::Length(range)
            if range.ends().any(|end| is_not(end, |it| it.length().is_some())) =>
        {
            "expected a range of whole numbers: `1..=100`"
        }
        Operand::Range(range) if range.ends().any(|end| is_not(end, |it| it.bound().is_some())) => {
            "expected a range of numbers: `1..=100`"
        }
        Operand::Format(name) if Format::named(&name.value()).is_none() => {
            return Some(unknown_format(&name.value()));
        }
        _ => return None,
    };
    Some(problem.to_owned())
}

/// Whether a value is a literal, and not such a one. Of a constant, only the compiler knows.
fn is_not(value: &Value, is_right: fn(&Literal) -> bool) -> bool {
    value.literal().is_some_and(|literal| !is_right(literal))
}

fn unknown_format(name: &str) -> String {
    let names = || Format::ALL.iter().map(|format| format.name());
    let help = nearest(name, names()).map(|near| format!("; did you mean `{near}`?"));
    format!(
        "unknown format `{name}`, expected one of {}{}",
        in_backticks(names()),
        help.unwrap_or_default()
    )
}

/// Why no value can satisfy a rule.
fn impossible(rule: &Rule<'_>) -> Option<String> {
    match rule {
        Rule::Re(expression) => {
            let error = Expression::new(expression).err()?;
            Some(format!("invalid regular expression: {error}"))
        }
        rule if !rule.is_satisfiable() => Some(format!("no value satisfies `{}`", rule.name())),
        _ => None,
    }
}

/// Checks a default or an example with the rules beside it.
fn value(constraint: &Constraint, name: &str, literal: &Literal, errors: &mut Errors) {
    let text = literal.text();
    let Some(value) = text.as_deref().and_then(|text| literal.value(text)) else {
        let message = format!("the {name} must be a string, a number, `true` or `false`");
        errors.at(literal.span(), message);
        return;
    };
    if value.text().is_empty() {
        errors.at(literal.span(), format!("the {name} must not be empty"));
    }
    for rule in &constraint.rules {
        if rule.ask(|rule| allows(rule, &value)) == Some(false) {
            let message = format!("the {name} `{}` violates rule `{}`", value.text(), rule.name);
            errors.at(literal.span(), message);
        }
    }
}

/// Whether a rule allows a value. The grammar has no engine for `re`, so that is matched here.
fn allows(rule: &Rule<'_>, value: &value::Literal<'_>) -> bool {
    match rule {
        Rule::Re(expression) => {
            Expression::new(expression).map_or(true, |expression| expression.matches(&value.text()))
        }
        rule => rule.allows(value),
    }
}

/// The arguments for the variables of a path.
pub(crate) fn variables(template: &path::Path, span: Span, errors: &mut Errors) -> Vec<Ident> {
    template.variables().filter_map(|name| errors.take(argument_name(name, span))).collect()
}

/// An identifier, which is raw for a keyword. `Ident::new` would panic if the name is not an identifier.
fn argument_name(name: &str, span: Span) -> syn::Result<Ident> {
    let parsed = syn::parse_str::<Ident>(name);
    let parsed = parsed.or_else(|_| syn::parse_str(&format!("r#{name}")));
    let mut ident = parsed.map_err(|_| {
        syn::Error::new(span, format!("invalid path: `{name}` is not a valid argument name"))
    })?;
    ident.set_span(span);
    Ok(ident)
}

/// Checks the name of the root element in XML.
pub(crate) fn xml_root(name: Option<&LitStr>, errors: &mut Errors) -> String {
    let Some(name) = name else { return "response".to_owned() };
    let text = name.value();
    if !xml::is_name(&text) {
        errors.at(name.span(), format!("`{text}` is not a valid XML element name"));
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

/// Why a function is neither a method nor a hook.
fn unknown(name: &str) -> String {
    let snake = name.to_lowercase();
    if snake != name && Role::named(&snake).is_some() {
        return format!("methods and hooks are named in snake case: `{snake}`");
    }
    let method = name.to_uppercase();
    let is_of_method = |function: &&str| of_function(function) == Some(&method);
    if let Some(function) = functions().find(is_of_method) {
        return format!("`{method}` is implemented by a function named `{function}`");
    }
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
                in_backticks(hooks())
            )
        }
    }
}

/// Checks the signature of a method or a hook.
pub(crate) fn signature(function: &Function, errors: &mut Errors) {
    let receiver = function.receiver.as_ref().map(ToString::to_string);
    match receiver.as_deref() {
        Some(text) if is_shared(text) => {}
        Some(_) => errors.at(
            function.receiver.span(),
            "resource methods must take `&self`: requests run concurrently, so put mutable state behind a lock",
        ),
        None => errors.at(function.ident.span(), "resource methods must take `&self`"),
    }
    let mut generics = function.generics.params.iter();
    if let Some(generic) = generics.find(|it| !matches!(it, GenericParam::Lifetime(_))) {
        let message = "resource methods cannot have type parameters: a request has no types, so name the type";
        errors.push(syn::Error::new_spanned(generic, message));
    }
    if !function.qualifiers.is_empty() {
        errors.at(function.qualifiers.span(), "resource methods must be `fn` or `async fn`");
    }
    if let syn::ReturnType::Type(_, ty) = &function.output
        && is_impl_trait(ty)
    {
        errors.at(ty.span(), "resource methods cannot return `impl Trait`: name the type, which the documentation describes");
    }
    if function.ident == "authorize" {
        authorization(function, errors);
    }
}

/// Whether a receiver is `&self`, possibly with a lifetime.
fn is_shared(receiver: &str) -> bool {
    let mut words = receiver.strip_prefix('&').unwrap_or_default().split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some("self"), None, None) => true,
        (Some(lifetime), Some("self"), None) => lifetime.starts_with('\''),
        _ => false,
    }
}

/// Checks that `authorize` does not say in its `Ok` whether a request is allowed: it would be, whatever the value.
fn authorization(function: &Function, errors: &mut Errors) {
    let syn::ReturnType::Type(_, ty) = &function.output else { return };
    let Some(principal) = type_arguments(ty).first().copied() else { return };
    let Type::Path(path) = principal else { return };
    if let Some(name) = path.path.segments.last().map(|segment| segment.ident.to_string())
        && ["bool", "Option"].contains(&name.as_str())
    {
        let message = format!(
            "`authorize` accepts a request whenever it returns `Ok`, so a `{}` in it decides nothing: return `Result<(), E>`, or `Result<User, E>`, with an `Err` for what is refused",
            text(principal)
        );
        errors.push(syn::Error::new_spanned(principal, message));
    }
}

/// Reports functions of the same name, and removes them from the impl, so that the compiler does not report them again.
///
/// Under `#[cfg]`, one of them may be absent.
pub(crate) fn duplicates(item: &mut Impl, errors: &mut Errors) {
    let mut names: Vec<String> = Vec::new();
    item.functions.retain(|function| {
        let is_conditional = !Conditions::of(&function.attributes).is_empty();
        let name = name(&function.ident);
        if is_conditional || !names.contains(&name) {
            names.push(name);
            return true;
        }
        errors.at(function.ident.span(), duplicate(&name));
        false
    });
}

fn duplicate(name: &str) -> String {
    let help = match Role::named(name) {
        Some(Role::Method(method)) => format!(
            "one function answers `{method}`: merge the two, and take an `Option` of what a request may leave out"
        ),
        _ => "merge the two, or rename one".to_owned(),
    };
    format!("`{name}` appears twice: {help}")
}

/// Reports attributes that appear only after the macro has run.
pub(crate) fn hidden_attributes(attributes: &[Attribute], subject: &str, errors: &mut Errors) {
    for (predicate, path) in attributes.iter().flat_map(hidden_attributes_of) {
        let predicate = text(&predicate);
        let message = format!(
            "`#[cfg_attr]` around `{}` is not read: write the {subject} twice, under `#[cfg({predicate})]` and \
             `#[cfg(not({predicate}))]`",
            text(&path)
        );
        errors.push(syn::Error::new_spanned(&path, message));
    }
}

/// Checks that an argument has a name, and is not borrowed text.
pub(crate) fn argument(argument: &Argument, is_converted: bool, errors: &mut Errors) {
    if is_impl_trait(&argument.ty) {
        let message =
            "an argument cannot be an `impl Trait`: a request has no types, so name the type";
        errors.push(syn::Error::new_spanned(&argument.ty, message));
    } else if let Some(pattern) = &argument.pattern {
        errors.push(syn::Error::new_spanned(pattern, not_a_name(pattern, &argument.ty)));
    } else if !is_converted && let Some(reference) = borrowed(&argument.ty) {
        let owned = match &*reference.elem {
            Type::Slice(slice) => format!("Vec<{}>", text(&slice.elem)),
            _ => "String".to_owned(),
        };
        let message =
            format!("`{}` cannot be used as a method argument: take a `{owned}`", text(reference));
        errors.push(syn::Error::new_spanned(reference, message));
    }
}

/// Why a pattern is not an argument, with what services of other frameworks mean by it.
fn not_a_name(pattern: &TokenStream, ty: &Type) -> String {
    let ty = text(ty);
    let extractor = pattern.clone().into_iter().next().map(|token| token.to_string());
    let help = match extractor.as_deref() {
        Some("Path") => "take each variable of the path by its name, as in `id: u32`".to_owned(),
        Some("Query") => {
            "take each parameter of the query by its name, as in `count: u32`".to_owned()
        }
        Some("Json" | "Form") => "take `content: Content<T>`".to_owned(),
        Some("State" | "Extension") => {
            "the fields of the struct are the state, as in `self.store`".to_owned()
        }
        Some("Content") => {
            format!("take `content: {ty}`, and write `let value = content.into_inner();`")
        }
        _ => format!("take `name: {ty}`, and write `let {pattern} = name;`"),
    };
    format!("arguments cannot be patterns: {help}")
}

/// A reference to text or a slice in the type.
fn borrowed(ty: &Type) -> Option<&TypeReference> {
    match ty {
        Type::Reference(reference) => match &*reference.elem {
            Type::Slice(_) => Some(reference),
            Type::Path(path) if path.path.is_ident("str") => Some(reference),
            _ => None,
        },
        Type::Path(path) => match &path.path.segments.last()?.arguments {
            PathArguments::AngleBracketed(arguments) => {
                arguments.args.iter().find_map(|it| match it {
                    GenericArgument::Type(ty) => borrowed(ty),
                    _ => None,
                })
            }
            _ => None,
        },
        _ => None,
    }
}

/// Syntax as the author would write it.
fn text(syntax: impl ToTokens) -> String {
    let text = syntax.to_token_stream().to_string();
    text.replace(" < ", "<")
        .replace(" >", ">")
        .replace("& ", "&")
        .replace(" :: ", "::")
        .replace(" ,", ",")
}

/// Checks that a resource owns its state.
pub(crate) fn owns_state(generics: &Generics, errors: &mut Errors) {
    if let Some(lifetime) = generics.lifetimes().next() {
        let message = "a resource cannot borrow: it lives as long as the application; own the value, or share it in an `Arc`";
        errors.push(syn::Error::new_spanned(&lifetime.lifetime, message));
    }
}

fn is_impl_trait(ty: &Type) -> bool {
    matches!(ty, Type::ImplTrait(_))
}

/// Checks that there is a method.
pub(crate) fn operations(operations: &[Operation], span: Span, errors: &mut Errors) {
    if errors.is_empty() && operations.iter().all(|operation| operation.role.is_hook()) {
        errors.at(span, "`#[resource]` impl has no methods: add one, such as `fn get(&self) -> …`");
    }
}

/// Checks that a constraint on a method names an argument.
pub(crate) fn names_argument(
    constraint: &Constraint,
    function: &Function,
    errors: &mut Errors,
) -> bool {
    let known = function.arguments.iter().any(|argument| argument.ident == constraint.name);
    if !known {
        let message =
            format!("function `{}` has no argument `{}`", function.ident, constraint.name);
        errors.at(constraint.name.span(), message);
    }
    known
}

/// Checks that a function has only attributes that apply to it.
pub(crate) fn attributes(operation: &Operation, errors: &mut Errors) {
    if operation.role.is_hook() && operation.freshness.is_some() {
        errors.at(operation.ident.span(), "`#[expires]` is not allowed on a hook");
    }
    // Caches store a response to another method only under conditions that a method cannot ensure, or not at all (RFC
    // 9110, section 9.3, and RFC 9111, section 4).
    if let Role::Method(method @ ("DELETE" | "PATCH" | "POST" | "PUT")) = operation.role
        && operation.freshness.is_some()
    {
        let message = format!(
            "`#[expires]` is not allowed on `{}`: caches do not store a response to `{method}`; move it to `get`, or remove it",
            operation.ident
        );
        errors.at(operation.ident.span(), message);
    }
    if operation.role.is_hook() && operation.limits.are_set() {
        errors.at(operation.ident.span(), "`#[limit]` is not allowed on a hook");
    }
}

/// Checks the days of a deprecated method.
pub(crate) fn sunset(is_deprecated: bool, sunset: &Sunset, errors: &mut Errors) {
    let days = || [&sunset.since, &sunset.on].into_iter().flatten();
    if let (false, Some(day)) = (is_deprecated, days().next()) {
        let message = "`#[sunset]` requires `#[deprecated]`: add `#[deprecated(note = \"…\")]`";
        errors.at(day.span(), message);
    }
    for day in days().filter(|day| Day::parse(&day.value()).is_none()) {
        let message = format!("`{}` is not a valid date: write a day as `2027-06-30`", day.value());
        errors.at(day.span(), message);
    }
}

/// The first of several attributes; a second one is an error.
pub(crate) fn once<'a>(
    attributes: &'a [Attribute],
    name: &str,
    errors: &mut Errors,
) -> Option<&'a Attribute> {
    if let Some(second) = attributes.get(1) {
        errors.at(second.span(), format!("`#[{name}]` appears twice"));
    }
    attributes.first()
}

/// Checks an `#[expires]`.
pub(crate) fn freshness(freshness: &Freshness, attribute: &Attribute, errors: &mut Errors) {
    let has = |name: &str| freshness.directives.iter().any(|directive| directive == name);
    if has("private") && has("public") {
        errors.at(attribute.span(), "`private` and `public` cannot be combined");
    }
    for name in &freshness.vary {
        field_name(name, errors);
    }
}

/// Checks where an argument comes from.
pub(crate) fn from(from: &From, errors: &mut Errors) {
    let From::Source(source, name) = from else { return };
    let text = name.value();
    match source {
        Source::Header => field_name(name, errors),
        // RFC 6265, section 4.1.1.
        Source::Cookie if !is_token(&text) => {
            errors.at(name.span(), format!("`{text}` is not a valid cookie name"));
        }
        _ if text.is_empty() => errors.at(name.span(), "the name must not be empty"),
        _ => {}
    }
}

/// Checks the name of a header field (RFC 9110, section 5.1).
fn field_name(name: &LitStr, errors: &mut Errors) {
    let text = name.value();
    if !is_token(&text) {
        errors.at(name.span(), format!("`{text}` is not a valid header field name"));
    }
}

/// Checks the extension and the media type of a `#[representation]`.
pub(crate) fn own_representation(extension: &LitStr, media_type: &LitStr, errors: &mut Errors) {
    let text = extension.value();
    if !is_extension(&text) {
        let message = format!(
            "`{text}` is not a valid extension: write a dot and then letters and digits, as in `\".html\"`"
        );
        errors.at(extension.span(), message);
    }
    self::media_type(media_type, errors);
}

/// Checks the name of a media type.
pub(crate) fn media_type(name: &LitStr, errors: &mut Errors) {
    let text = name.value();
    if !is_media_type(&text) {
        let message = format!(
            "`{text}` is not a valid media type: write a type and a subtype, as in `\"text/html\"`"
        );
        errors.at(name.span(), message);
    }
}
