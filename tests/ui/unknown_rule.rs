// 4 mistakes
use wsgiservice::{mount, resource};

#[mount("/{id}")]
#[validate(id, regex = "[0-9]+")]
struct Document;

#[resource]
impl Document {
    fn get(
        &self,
        id: u32,
        #[validate(format = "e-mail")] mail: String,
        #[validate(range = 9..=1)] count: u32,
        #[validate(len = 5)] label: String,
    ) -> u32 {
        id
    }
}

fn main() {}
