use wsgiservice::{mount, resource};

#[mount("/{id}/{part}")]
struct Document;

#[resource]
impl Document {
    fn get(&self, id: u32) -> u32 {
        id
    }
}

fn main() {}
