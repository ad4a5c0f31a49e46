//! The macros of `wsgiservice`, which re-exports them. Depend on `wsgiservice`, not on this crate.

mod check;
mod expand;
mod expression;
mod input;
mod model;

use proc_macro::TokenStream;

/// Mounts a resource at a path.
///
/// `#[mount("/1/{ip}")]` is an attribute of a struct. Its fields are the state of the resource, and an impl with
/// [`#[resource]`](macro@resource) has its methods. In the path, `{name}` matches a segment, or a part of one beside
/// literal text, and `{*name}` at the end matches all remaining segments. Other arguments:
///
/// - `representations = [csv, json]`: the representations to offer, the default first. Those that the resource defines
///   with `#[representation]` are always offered. Without this argument: `[json, xml]`.
/// - `xml_root = "user"`: the name of the root element in XML. Default: `response`.
/// - `etag = auto`: a strong entity tag, computed from the content. It is an XXH3 hash of 64 bits without a key. If
///   several people write parts of a representation and one of them might want to hide a change, implement the hook
///   `etag` instead, and return a revision.
/// - `ignored_paths = []`: the paths whose `GET` does not reach the resource. Default: those of the application.
/// - `crate = path`: the path of `wsgiservice`, if it was renamed.
///
/// The struct gets a function `path`, which takes a value for each variable and returns the path.
#[proc_macro_attribute]
pub fn mount(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::mount(arguments.into(), &item.into()).into()
}

/// Implements the methods of a resource.
///
/// Each function of the impl is named after an HTTP method, in snake case: `get`, `post`, `put`, `delete`, `patch`. The
/// functions `authorize`, `exists`, `etag` and `last_modified` are hooks, which are called before the method. Other
/// functions belong in an impl without `#[resource]`. The argument `crate = path` is the path of `wsgiservice`, if it
/// was renamed. Attributes in the impl:
///
/// - `#[validate(…)]` on a method or an argument: see [`macro@validate`].
/// - `#[expires(…)]` on a method: see [`macro@expires`].
/// - `#[limit(…)]` on a method: see [`macro@limit`].
/// - `#[deprecated(note = "…")]` on a method: the documentation shows it as deprecated.
/// - `#[sunset(since = "2026-11-24", on = "2027-06-30")]` on a deprecated method: its responses say since when it is
///   deprecated (`Deprecation`, RFC 9745), and when it will be removed (`Sunset`, RFC 8594).
/// - `#[from(header = "Accept-Language")]` on an argument: its value is that of a header field.
/// - `#[representation(".html", "text/html")]` on a function: it writes a representation of a value that a method
///   returns.
#[proc_macro_attribute]
pub fn resource(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::resource(arguments.into(), &item.into()).into()
}

/// Validates a parameter.
///
/// On a struct, it applies to all methods: `#[validate(ip, re = "…", doc = "…")]`. On a method, it starts with the name
/// of the argument, too; on an argument, it has no name. If several of them have the same rule, the one nearest to the
/// argument wins. A parameter that is validated must not be empty. Rules:
///
/// - `re = "[a-z]+"`: a regular expression that matches the whole value.
/// - `len = 1..=200`: the number of characters, or of bytes of a file.
/// - `range = 1..=100`: the least and the greatest number.
/// - `multiple_of = 5`: the value is a multiple of this number.
/// - `one_of = ["a", "b"]`: the allowed values.
/// - `format = "email"`: `email`, `uri`, `hostname`, `date-time`, `date`, `time`, `uuid`, `ipv4` or `ipv6`.
///
/// Other arguments:
///
/// - `default = 10`: the value if the client does not send one.
/// - `example = 10`: a value for the documentation.
/// - `doc = "…"`: what the parameter means.
/// - `convert = path::to::function`: a function that converts the text; on a method or an argument.
#[proc_macro_attribute]
pub fn validate(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::stray("validate", &arguments.into(), &item.into()).into()
}

/// Sets how long a response stays fresh.
///
/// On a method: `#[expires(days = 365)]`. The time is the sum of `weeks`, `days`, `hours`, `minutes` and `seconds`.
/// Further directives of `Cache-Control` are `private`, `public`, `immutable`, `no_cache`, `must_revalidate`,
/// `stale_while_revalidate = seconds` and `stale_if_error = seconds`. `vary = ["Authorization"]` adds header fields to
/// `Vary`.
#[proc_macro_attribute]
pub fn expires(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::stray("expires", &arguments.into(), &item.into()).into()
}

/// Sets the limits of a method.
///
/// On a method, or on a struct for all its methods: `#[limit(content = 10 << 20)]`, the maximum size of the content, in
/// bytes. The limit nearest to the method wins; without one, the limit of the application applies.
#[proc_macro_attribute]
pub fn limit(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::stray("limit", &arguments.into(), &item.into()).into()
}

/// Implements `Parameter` for an enum of words, or for a newtype around another parameter.
///
/// The word for a variant is its name in snake case, or the name in `#[parameter(name = "…")]`.
#[proc_macro_derive(Parameter, attributes(parameter))]
pub fn derive_parameter(item: TokenStream) -> TokenStream {
    expand::parameter(item.into()).into()
}

/// Converts an error enum to a `Problem`, with a status for each variant: `#[problem(404)]`.
///
/// A 401 needs a challenge, which tells the client how to authenticate:
/// `#[problem(401, challenge = "Basic realm=\"accounts\"")]`.
#[proc_macro_derive(Problem, attributes(problem))]
pub fn derive_problem(item: TokenStream) -> TokenStream {
    expand::problem(item.into()).into()
}
