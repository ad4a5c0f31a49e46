use wsgiservice::mount;

struct Document;

#[mount("/")]
impl Document {
    fn get(&self) -> u32 {
        1
    }
}

fn main() {}
