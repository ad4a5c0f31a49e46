use wsgiservice::resource;

struct Document;

#[resource]
impl Document {
    fn get(&self) -> u32 {
        1
    }
}

fn main() {}
