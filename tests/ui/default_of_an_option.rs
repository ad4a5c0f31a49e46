// 2 mistakes
use wsgiservice::{mount, resource};

#[mount("/")]
#[validate(page, default = 1)]
struct Document;

#[resource]
impl Document {
    fn get(&self, #[validate(default = 5)] count: Option<u32>, page: Option<u32>) -> Option<u32> {
        count.or(page)
    }
}

fn main() {}
