use std::num::ParseIntError;

use wsgiservice::{mount, resource};

fn owned(text: String) -> Result<u32, ParseIntError> {
    text.parse()
}

#[mount("/{id}")]
struct Document;

#[resource]
impl Document {
    fn get(&self, #[validate(convert = owned)] id: u32) -> u32 {
        id
    }
}

fn main() {}
