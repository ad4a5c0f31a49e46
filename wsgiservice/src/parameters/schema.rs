//! The schemas of jiff's types, which this crate cannot implement for them.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// Declares types that only have a schema.
macro_rules! schemas {
    ($($name:ident: $type:path, $format:literal;)*) => {
        // Each type exists in the version of jiff that this crate has.
        $(const _: Option<$type> = None;)*

        $(
            #[doc = concat!("The schema of `", stringify!($type), "`.")]
            #[derive(Clone, Copy, Debug)]
            #[expect(clippy::exhaustive_enums, reason = "it has no values")]
            pub enum $name {}

            impl JsonSchema for $name {
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn schema_id() -> Cow<'static, str> {
                    stringify!($type).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!({ "type": "string", "format": $format })
                }
            }
        )*
    };
}

schemas! {
    Date: jiff::civil::Date, "date";
    DateTime: jiff::civil::DateTime, "partial-date-time";
    SignedDuration: jiff::SignedDuration, "duration";
    Span: jiff::Span, "duration";
    Time: jiff::civil::Time, "partial-time";
    Timestamp: jiff::Timestamp, "date-time";
    ZonedDateTime: jiff::ZonedDateTime, "zoned-date-time";
}
