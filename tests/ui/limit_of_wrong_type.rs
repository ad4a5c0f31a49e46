use wsgiservice::{mount, resource};

#[mount("/")]
struct Document;

#[resource]
impl Document {
    #[limit(content = 5_u64)]
    fn post(&self) -> bool {
        true
    }
}

fn main() {}
