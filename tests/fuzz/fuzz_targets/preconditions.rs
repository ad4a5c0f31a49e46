//! Preconditions: lists of entity tags, and dates.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsgiservice_fuzz::{ask, get_with};

const FIELDS: [&str; 5] =
    ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"];

fuzz_target!(|value: &[u8]| {
    for name in FIELDS {
        let Some(request) = get_with("/file", name, value) else { return };
        let status = ask(request).status();
        assert!([200, 304, 412].contains(&status.as_u16()), "{name} {status}");
    }
});
