// 8 mistakes
use wsgiservice::{mount, resource};

#[mount("/")]
struct Search;

#[resource]
impl Search {
    fn get(
        &self,
        #[validate(range = 1..100)] half_open: u32,
        #[validate(range = "a"..="z")] letters: u32,
        #[validate(len = 0.5..=2)] fraction: String,
        #[validate(one_of = [])] nothing: String,
        #[validate(re = "a", re = "b")] twice: String,
        #[validate(default = b"a")] bytes: String,
        #[validate(default = "")] empty: String,
        #[validate(word, re = "a")] named: String,
    ) -> u32 {
        1
    }
}

fn main() {}
