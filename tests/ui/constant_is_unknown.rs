use wsgiservice::{mount, resource};

#[mount("/")]
struct Values;

#[resource]
impl Values {
    fn get(&self, #[validate(range = ..=UNKNOWN)] number: u32) -> u32 {
        number
    }
}

fn main() {}
