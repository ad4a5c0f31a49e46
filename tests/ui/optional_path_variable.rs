use wsgiservice::{mount, resource};

#[mount("/{id}")]
struct Document;

#[resource]
impl Document {
    fn get(&self, id: Option<u32>) -> Option<u32> {
        id
    }
}

fn main() {}
