// 5 mistakes
use wsgiservice::{mount, resource};

#[mount("/")]
struct Document;

#[resource]
impl Document {
    fn gett(&self) -> u32 {
        1
    }

    fn psot(&self) -> u32 {
        1
    }

    fn head(&self) -> u32 {
        1
    }

    fn r#move(&self) -> u32 {
        1
    }

    fn helper(&self) -> u32 {
        1
    }
}

fn main() {}
