use wsgiservice::{mount, resource};

#[mount("/{id}")]
struct Document;

#[resource]
impl Document {
    #[validate(idd, re = "[0-9]+")]
    fn get(&self, id: u32) -> u32 {
        id
    }
}

fn main() {}
