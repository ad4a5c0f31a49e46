//! What one request costs on the heap. In a binary of its own, since it counts all that happens.

use std::net::Ipv4Addr;

use allocation_counter::measure;
use http::{Request, Response};
use serde::Serialize;
use tower_service::Service as _;
use wsgiservice::{Application, Body, Service, mount, resource};

#[mount("/1/{ip}")]
#[validate(ip, re = r"[0-9]{1,3}(\.[0-9]{1,3}){3}")]
struct Address;

#[resource]
impl Address {
    #[expires(days = 365)]
    async fn get(&self, ip: Ipv4Addr) -> Option<Country> {
        (!ip.is_private()).then_some(Country { country_code: "CH" })
    }
}

#[derive(Serialize)]
struct Country {
    country_code: &'static str,
}

fn request(target: &str) -> Request<Body> {
    let request = Request::get(target).header("host", "localhost").header("accept", "*/*");
    request.body(Body::empty()).expect("a request")
}

/// The allocations of one exchange, and of the future that the tower face boxes.
fn allocations(service: &mut Service, target: &str) -> u64 {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let mut answer =
        |request| -> Response<Body> { runtime.block_on(service.call(request)).expect("an answer") };
    // What is computed once, such as a date, is there already.
    for _ in 0..20 {
        answer(request(target));
    }
    let request = request(target);
    let mut response = None;
    let counted = measure(|| response = Some(answer(request)));
    assert!(response.is_some());
    counted.count_total
}

#[test]
fn a_request_on_the_hot_path_allocates_no_more_than_its_content_its_fields_and_one_call() {
    let mut service = Application::new("geoip").mount(Address).into_service();
    // Two boxes of futures (the call, and the tower face), the content, and the table of fields (two).
    assert_eq!(allocations(&mut service, "/1/130.59.31.80"), 5);
}
