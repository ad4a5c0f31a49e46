// 4 mistakes
use wsgiservice::{Problem, bytes::Bytes, content::Body, http::StatusCode, mount, resource};

#[mount("/")]
struct Document;

#[resource]
impl Document {
    fn get(&self) -> (StatusCode, String) {
        (StatusCode::OK, String::new())
    }

    fn post(&self) -> StatusCode {
        StatusCode::CREATED
    }

    async fn put(&self) -> Result<Body, Problem> {
        Ok(Body::from("a"))
    }

    fn patch(&self) -> Option<Bytes> {
        None
    }
}

fn main() {}
