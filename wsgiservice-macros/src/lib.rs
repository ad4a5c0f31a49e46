//! The macros of `wsgiservice`. They are documented here and re-exported there: depend on that.

mod check;
mod expand;
mod expression;
mod input;
mod model;

use proc_macro::TokenStream;

/// Mounts a resource at a path.
///
/// `#[mount("/1/{ip}")]` stands on a struct, whose fields are the resource's state; its methods are in an impl with
/// `#[resource]`. `{name}` matches one segment of the path, or the rest of one after literal text; `{*name}` at the
/// end matches all the remaining segments. Further arguments:
///
/// - `representations = [csv, json]`: in another order, of which the first is the default, and no others than these and
///   the resource's own;
/// - `xml_root = "user"`: the root element of XML, which is `response` else;
/// - `etag = auto`: a strong entity tag, computed from the content (XXH3, 64 bits, without a key: where several people write
///   parts of one representation, and one of them may want to hide a change, give a revision by the hook `etag`);
/// - `ignored_paths = []`: the paths of which a `GET` does not reach the resource, in place of the application's;
/// - `crate = path`: where `wsgiservice` is, if it was renamed.
///
/// The struct gets a function `path`, which takes a value for each variable and gives the path with them.
#[proc_macro_attribute]
pub fn mount(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::mount(arguments.into(), &item.into()).into()
}

/// Makes the functions of an impl the methods of a resource.
///
/// A function is named for its method, in snake case: `get`, `post`, `put`, `delete`, `patch`. The hooks `authorize`,
/// `exists`, `etag` and `last_modified` are asked before it. Functions of any other kind go into another impl. An
/// argument `crate = path` says where `wsgiservice` is, if it was renamed. What it reads:
///
/// - `#[validate(…)]` on a method or an argument, see [`macro@validate`];
/// - `#[expires(…)]` on a method, see [`macro@expires`];
/// - `#[limit(…)]` on a method, see [`macro@limit`];
/// - `#[deprecated(note = "…")]` on a method, which the documentation tells; with `#[sunset(since = "2026-11-24", on =
///   "2027-06-30")]` its answers tell since when by `Deprecation` (RFC 9745), and when it will be gone by `Sunset` (RFC 8594);
/// - `#[from(header = "Accept-Language")]` on an argument that comes from a header field;
/// - `#[representation(".html", "text/html")]` on a function that writes a value that methods return.
#[proc_macro_attribute]
pub fn resource(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::resource(arguments.into(), &item.into()).into()
}

/// Says what a parameter must be like.
///
/// On a struct, for all its methods: `#[validate(ip, re = "…", doc = "…")]`; on a method likewise; on an argument
/// without its name. The nearest rule wins. Rules:
///
/// - `re = "…"`: a regular expression that matches the whole value;
/// - `len = 1..=200`: the number of characters;
/// - `range = 1..=100`: a number;
/// - `one_of = ["a", "b"]`: the values there are;
/// - `format = "email"`: `email`, `uri`, `hostname`, `date-time`, `date`, `time`, `uuid`, `ipv4` or `ipv6`;
/// - `convert = path::to::function`: how to convert it, on a method or an argument;
/// - `default = 10`: what to take where the client says nothing;
/// - `example = 10`: what a client could say, for the documentation;
/// - `doc = "…"`: what it means.
#[proc_macro_attribute]
pub fn validate(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::stray("validate", &arguments.into(), &item.into()).into()
}

/// Says for how long an answer stays fresh.
///
/// On a method: `#[expires(days = 365)]`, with `weeks`, `days`, `hours`, `minutes`, `seconds` added up, and
/// `private`, `public`, `immutable`, `no_cache`, `must_revalidate`, `stale_while_revalidate = seconds`,
/// `stale_if_error = seconds`, `vary = ["Authorization"]`.
#[proc_macro_attribute]
pub fn expires(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::stray("expires", &arguments.into(), &item.into()).into()
}

/// Says how much a method may take.
///
/// On a struct, for all its methods, or on a method: `#[limit(content = 10 << 20)]`, how much content it reads, in
/// bytes, in place of the application's limit. The nearest wins.
#[proc_macro_attribute]
pub fn limit(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::stray("limit", &arguments.into(), &item.into()).into()
}

/// Makes an enum of words, or a newtype around another parameter, a parameter.
///
/// A variant is written in snake case, or as `#[parameter(name = "…")]` says.
#[proc_macro_derive(Parameter, attributes(parameter))]
pub fn derive_parameter(item: TokenStream) -> TokenStream {
    expand::parameter(item.into()).into()
}

/// Makes an error a problem, by the status of each variant: `#[problem(404)]`.
///
/// A 401 says how to log in: `#[problem(401, challenge = "Basic realm=\"accounts\"")]`.
#[proc_macro_derive(Problem, attributes(problem))]
pub fn derive_problem(item: TokenStream) -> TokenStream {
    expand::problem(item.into()).into()
}
