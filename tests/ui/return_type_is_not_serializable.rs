use wsgiservice::{mount, resource};

struct Plain;

#[mount("/")]
struct Document;

#[resource]
impl Document {
    fn get(&self) -> Result<Option<Plain>, wsgiservice::Problem> {
        Ok(Some(Plain))
    }
}

fn main() {}
