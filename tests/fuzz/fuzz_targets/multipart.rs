//! Multipart forms: their framing, and the parameters of `Content-Disposition`.
#![no_main]

use http::Request;
use libfuzzer_sys::fuzz_target;
use wsgiservice_fuzz::ask;

fuzz_target!(|content: &[u8]| {
    let request = Request::post("/form").header("content-type", "multipart/form-data; boundary=b");
    ask(request.body(content.to_vec()).expect("a request"));
});
