// 5 mistakes
use wsgiservice::{mount, resource};

#[mount("/")]
struct Document;

#[resource]
impl Document {
    fn get(&mut self) -> u32 {
        1
    }

    fn put<T>(&self) -> u32 {
        1
    }

    fn delete() -> u32 {
        1
    }

    fn patch(&self, _name: impl Into<String>) -> u32 {
        1
    }

    fn post(&self) -> impl serde::Serialize {
        1
    }
}

fn main() {}
