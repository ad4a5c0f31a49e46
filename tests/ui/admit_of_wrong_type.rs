use wsgiservice::{mount, resource};

#[mount("/")]
struct Document;

#[resource]
impl Document {
    fn admit(&self) -> bool {
        true
    }

    fn get(&self) -> u32 {
        7
    }
}

fn main() {}
