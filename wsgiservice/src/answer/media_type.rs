//! Media types as types, for binary content (RFC 9110, section 8.3.1).

/// A media type that [`Binary<M>`](super::Binary) has.
///
/// This module has common ones. For another one, derive it, which checks the name:
///
/// ```
/// use wsgiservice::answer::{Binary, media_type::MediaType};
///
/// #[derive(MediaType)]
/// #[media_type("application/toml")]
/// struct Toml;
///
/// let content: Binary<Toml> = Binary::of("title = 'a'");
/// assert_eq!(Toml::NAME, "application/toml");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a media type",
    label = "expected a type of `wsgiservice::answer::media_type`",
    note = "for another media type, add `#[derive(MediaType)]` and `#[media_type(\"type/subtype\")]` to the type",
    note = "`Binary` without a type has the media type that the method gives it, and is documented as `*/*`"
)]
pub trait MediaType: 'static {
    /// Its name. Text and XML are sent with `charset=utf-8`, unless the name has a charset.
    const NAME: &'static str;

    /// The name for the documentation and for negotiation.
    #[doc(hidden)]
    const DECLARED: Option<&'static str> = Some(Self::NAME);
}

pub use wsgiservice_macros::MediaType;

/// Any media type: the method gives it, and the documentation does not know it.
#[derive(Clone, Copy, Debug)]
pub struct AnyType;

impl MediaType for AnyType {
    const NAME: &'static str = "application/octet-stream";
    const DECLARED: Option<&'static str> = None;
}

macro_rules! media_types {
    ($($type:ident $name:literal;)*) => {$(
        #[doc = concat!("`", $name, "`.")]
        #[derive(Clone, Copy, Debug)]
        pub struct $type;

        #[diagnostic::do_not_recommend]
        impl MediaType for $type {
            const NAME: &'static str = $name;
        }
    )*};
}

media_types! {
    Csv "text/csv";
    Gif "image/gif";
    Jpeg "image/jpeg";
    OctetStream "application/octet-stream";
    Pdf "application/pdf";
    Png "image/png";
    Svg "image/svg+xml";
    WebP "image/webp";
    Zip "application/zip";
}
