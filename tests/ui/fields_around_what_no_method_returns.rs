// 4 mistakes
use wsgiservice::{answer::WithFields, http::StatusCode, mount, resource};

struct Opaque;

#[mount("/")]
struct Document;

#[resource]
impl Document {
    fn get(&self) -> WithFields<StatusCode> {
        WithFields::new(StatusCode::OK)
    }

    fn put(&self) -> WithFields<WithFields<u32>> {
        WithFields::new(WithFields::new(7))
    }

    fn post(&self) -> Option<WithFields<Opaque>> {
        None
    }

    fn patch(&self) -> WithFields<Result<u32, Opaque>> {
        WithFields::new(Err(Opaque))
    }
}

fn main() {}
