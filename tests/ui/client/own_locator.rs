use wsgiservice_client::{Locator, Response};

struct Mine;

impl Locator for Mine {
    type Output = Response;
}

fn main() {}
