use wsgiservice::{mount, resource};

#[mount("/documents")]
struct Documents;

#[resource]
impl Documents {
    fn get(&self) -> wsgiservice::Result<u32> {
        Ok(1)
    }
}

fn main() {}
