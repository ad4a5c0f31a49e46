//! Names and signatures of the functions of a resource.

use proc_macro2::Span;
use syn::{GenericParam, Type, spanned::Spanned};
use wsgiservice_grammar::{
    hook::Hook,
    method::{REGISTERED, functions, of_function},
    similar::nearest,
};

use super::{is_impl_trait, text};
use crate::{
    input::{
        Errors, condition::Conditions, extract, function::Function, imp::Impl, in_backticks,
        types::type_arguments,
    },
    model::{Operation, Role, name},
};

/// The role of a function, by its name.
pub(crate) fn role(function: &mut Function, errors: &mut Errors) -> Option<Role> {
    let name = name(&function.ident);
    let role = Role::named(&name);
    let is_routed = routes(function, errors);
    if role.is_none() && !is_routed {
        errors.at(function.ident.span(), unknown(&name));
    }
    role
}

/// Reports the attributes by which other frameworks route, and removes them, so that the compiler does not report them again.
fn routes(function: &mut Function, errors: &mut Errors) -> bool {
    let routes = ["get", "post", "put", "delete", "patch", "head", "options", "route"];
    let mut is_routed = false;
    for name in routes {
        for attribute in extract(&mut function.attributes, name) {
            let method = if name == "route" { "get" } else { name };
            let message = format!(
                "`#[{name}]` is not needed: a function named `{method}` implements `{}`, at the path in `#[mount(\"/path\")]` on the struct",
                method.to_uppercase()
            );
            errors.push(syn::Error::new_spanned(&attribute, message));
            is_routed = true;
        }
    }
    is_routed
}

/// Whether a function belongs in an impl without `#[resource]`, so that nothing else is wrong with it.
pub(crate) fn is_helper(function: &Function) -> bool {
    let name = name(&function.ident).to_lowercase();
    let known = functions().chain(Hook::ALL.iter().map(|hook| hook.name()));
    Role::named(&name).is_none() && nearest(&name, known).is_none()
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
        "HEAD" => "`head` cannot be implemented: `get` responds to `HEAD`".to_owned(),
        "OPTIONS" => {
            "`options` cannot be implemented: the framework responds to `OPTIONS`".to_owned()
        }
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
        Some(_) => {
            let message = "resource methods must take `&self`: requests run concurrently, so put mutable state behind a lock";
            errors.push(syn::Error::new_spanned(&function.receiver, message));
        }
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
        let message = "resource methods cannot return `impl Trait`: name the type, which the documentation describes";
        errors.push(syn::Error::new_spanned(ty, message));
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
            "one function responds to `{method}`: merge the two, and take an `Option` of what a request may leave out"
        ),
        _ => "merge the two, or rename one".to_owned(),
    };
    format!("`{name}` appears twice: {help}")
}

/// Checks that there is a method.
pub(crate) fn operations(operations: &[Operation], span: Span, errors: &mut Errors) {
    if errors.is_empty() && operations.iter().all(|operation| operation.role.is_hook()) {
        errors.at(span, "`#[resource]` impl has no methods: add one, such as `fn get(&self) -> …`");
    }
}
