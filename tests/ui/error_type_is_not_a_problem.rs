use wsgiservice::{mount, resource};

#[mount("/")]
struct Document;

#[resource]
impl Document {
    fn get(&self) -> Result<u32, std::io::Error> {
        Ok(1)
    }
}

fn main() {}
