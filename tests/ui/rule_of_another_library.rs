// 6 mistakes
use wsgiservice::{mount, resource};

#[mount("/")]
struct Document;

#[resource]
impl Document {
    fn get(
        &self,
        #[validate(min = 1, max = 10)] low: u32,
        #[validate(max = 10)] high: u32,
        #[validate(min_length = 2)] short: String,
        #[validate(email)] mail: String,
        #[validate(pattern = "[a-z]+")] word: String,
        #[validate(enum = ["a"])] letter: String,
    ) -> u32 {
        low
    }
}

fn main() {}
