use wsgiservice_client::{RestClient, service_fn};

fn main() {
    let echo = service_fn(async |_: http::Request<wsgiservice_client::Body>| {
        Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
    });
    for (name, service) in [("a", echo), ("b", service_fn(async |_: ()| Ok::<_, ()>(())))] {
        RestClient::builder().service(name, service);
    }
}
