use wsgiservice::{mount, resource};

struct Id(u32);

#[mount("/{id}")]
struct Document;

#[resource]
impl Document {
    fn get(&self, id: Id) -> u32 {
        id.0
    }
}

fn main() {}
