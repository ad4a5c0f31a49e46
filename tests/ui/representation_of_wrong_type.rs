// 2 mistakes
use wsgiservice::{mount, resource};

#[mount("/")]
struct Document;

#[resource]
impl Document {
    fn get(&self) -> u32 {
        7
    }

    #[representation(".csv", "text/csv")]
    fn csv(&self, value: &u32) -> Result<String, std::fmt::Error> {
        Ok(value.to_string())
    }

    #[representation(".txt", "text/plain")]
    fn text(&self, value: &u32) {
        let _ = value;
    }
}

fn main() {}
