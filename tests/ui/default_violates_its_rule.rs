// 7 mistakes
use wsgiservice::{mount, resource};

#[mount("/")]
#[validate(limit, range = 1..=10)]
struct Search;

#[resource]
impl Search {
    fn get(
        &self,
        #[validate(re = "[a-z]+", default = "A")] word: String,
        #[validate(range = 1..=100, default = 0)] count: u32,
        #[validate(len = 1..=2, default = "abc")] label: String,
        #[validate(one_of = ["a", "b"], default = "c")] letter: String,
    ) -> u32 {
        count
    }
}

#[mount("/other")]
#[validate(limit, range = 1..=10)]
#[validate(word, len = 1..=3)]
struct Other;

#[resource]
impl Other {
    fn get(
        &self,
        #[validate(default = 300)] byte: u8,
        #[validate(default = 11)] limit: u8,
        #[validate(default = "éééé")] word: String,
    ) -> String {
        word + if byte < limit { "<" } else { ">" }
    }
}

fn main() {}
