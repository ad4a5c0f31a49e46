// 2 mistakes
use wsgiservice::{mount, resource};

#[mount("/{id}")]
#[validate(id, re = "[0-9+")]
struct Document;

#[resource]
impl Document {
    fn get(&self, id: String, #[validate(re = "(")] part: String) -> String {
        id + &part
    }
}

fn main() {}
