use std::convert::Infallible;

use wsgiservice_client::{RestClient, service_fn};

fn main() {
    let echo = service_fn(async |request: http::Request<String>| {
        Ok::<_, Infallible>(http::Response::new(request.into_body()))
    });
    RestClient::builder().service("echo", echo);
}
