//! Ranges: a part has the length that it states.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wsgiservice_fuzz::{Ranges, ask, get_with};

fuzz_target!(|value: &[u8]| {
    let Some(request) = get_with("/file", "range", value) else { return };
    let response = ask(request);
    match response.status().as_u16() {
        200 => assert_eq!(response.body(), Ranges::CONTENT),
        206 => {
            let Some(range) = response.headers().get("content-range") else { return };
            let ends = range.to_str().expect("text").strip_prefix("bytes ").expect("a unit");
            let (first, rest) = ends.split_once('-').expect("two ends");
            let (last, _) = rest.split_once('/').expect("a length");
            let number = |text: &str| text.parse::<usize>().expect("a number");
            assert_eq!(response.body(), &Ranges::CONTENT[number(first)..=number(last)]);
        }
        status => assert_eq!(status, 416),
    }
});
