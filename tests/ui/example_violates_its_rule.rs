// 2 mistakes
use wsgiservice::{mount, resource};

#[mount("/")]
#[validate(word, len = 1..=3, example = "long")]
struct Document;

#[resource]
impl Document {
    fn get(&self, word: String, #[validate(range = 1..=9, example = 10)] digit: u32) -> String {
        word.repeat(digit as usize)
    }
}

fn main() {}
