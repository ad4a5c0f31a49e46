//! Targets: path variables, an extension, and the query.
#![no_main]

use http::{Request, Uri};
use libfuzzer_sys::fuzz_target;
use wsgiservice_fuzz::ask;

fuzz_target!(|target: &[u8]| {
    let Ok(uri) = Uri::try_from(target) else { return };
    let Ok(request) = Request::get(uri).body(Vec::new()) else { return };
    ask(request);
});
