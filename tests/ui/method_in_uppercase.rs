use wsgiservice::{mount, resource};

#[mount("/")]
struct Document;

#[resource]
impl Document {
    fn GET(&self) -> u32 {
        1
    }
}

fn main() {}
