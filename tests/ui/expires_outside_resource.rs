use wsgiservice::expires;

struct Document;

impl Document {
    #[expires(days = 1)]
    fn get(&self) -> u32 {
        1
    }
}

fn main() {}
