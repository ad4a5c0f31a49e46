use wsgiservice::{mount, resource};

#[mount("/{id}")]
struct Document;

#[resource]
impl Document {
    fn get(&self, _id: u32) -> u32 {
        1
    }
}

fn main() {}
