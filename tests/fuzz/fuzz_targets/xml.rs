//! XML content: what is read, and written again, is read as the same.
#![no_main]

use http::{Request, Response};
use libfuzzer_sys::fuzz_target;
use wsgiservice_fuzz::ask;

fn put(content: &[u8]) -> Response<bytes::Bytes> {
    let request = Request::put("/tree").header("content-type", "application/xml");
    let request = request.header("accept", "application/xml");
    ask(request.body(content.to_vec()).expect("a request"))
}

fuzz_target!(|content: &[u8]| {
    let first = put(content);
    if first.status() == 200 {
        let again = put(first.body());
        assert_eq!((again.status(), again.body()), (first.status(), first.body()));
    }
});
