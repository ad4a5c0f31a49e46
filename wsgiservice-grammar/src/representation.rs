//! The representations that the framework writes, for `representations` in `#[mount]`.

/// The names of the built-in representations, in the order of `#[mount]` without `representations`.
///
/// ```
/// use wsgiservice_grammar::representation::BUILT_IN;
///
/// assert_eq!(BUILT_IN, ["json", "xml"]);
/// ```
pub const BUILT_IN: &[&str] = &["json", "xml"];
