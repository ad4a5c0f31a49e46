use wsgiservice::{mount, resource};

#[mount("/")]
struct Document;

#[resource]
impl Document {
    fn get(&self) -> u32 {
        1
    }
}

#[resource]
impl Document {
    fn put(&self) -> u32 {
        1
    }
}

fn main() {}
