// 5 mistakes
use wsgiservice::{mount, resource};

#[mount("/")]
#[validate(limit, range = 1..=10)]
#[validate(page, example = "first")]
struct Document;

#[resource]
impl Document {
    fn get(
        &self,
        #[validate(example = "ten")] count: u32,
        #[validate(example = 300)] byte: Option<u8>,
        #[validate(example = true)] word: String,
        #[validate(example = 11)] limit: u8,
        page: u32,
    ) -> String {
        format!("{word}{count}{byte:?}{limit}{page}")
    }
}

fn main() {}
