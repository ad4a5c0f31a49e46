// 4 mistakes
use wsgiservice::{Created, mount, resource};

struct Plain;

#[mount("/")]
struct Document;

#[resource]
impl Document {
    fn get(&self) -> Created<Plain> {
        Created::at("/", Plain)
    }

    fn put(&self) -> Vec<Plain> {
        vec![Plain]
    }

    fn post(&self) -> wsgiservice::Result<Option<Plain>> {
        Ok(None)
    }
}

fn main() {}
