use wsgiservice::{mount, resource};

#[mount("/{id}")]
#[validate(idd, re = "[0-9]+")]
struct Document;

#[resource]
impl Document {
    fn get(&self, id: u32) -> u32 {
        id
    }
}

fn main() {}
