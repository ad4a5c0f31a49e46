//! `Accept` and `Accept-Encoding`: what is sent was offered.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsgiservice_fuzz::{ask, get_with};

fuzz_target!(|value: &[u8]| {
    for name in ["accept", "accept-encoding"] {
        let Some(request) = get_with("/v1/a/b", name, value) else { return };
        let response = ask(request);
        let media_type = response.headers().get("content-type").expect("a content type").as_bytes();
        let offered = [&b"application/"[..], b"text/xml", b"text/html"];
        assert!(offered.iter().any(|offer| media_type.starts_with(offer)), "{media_type:?}");
    }
});
