// 3 mistakes
use wsgiservice::{Problem, mount, resource};

#[mount("/a")]
struct Nothing;

#[resource]
impl Nothing {
    fn authorize(&self) {}

    fn get(&self) -> u8 {
        0
    }
}

#[mount("/b")]
struct Plain;

#[resource]
impl Plain {
    fn authorize(&self) -> bool {
        false
    }

    fn get(&self) -> u8 {
        0
    }
}

#[mount("/c")]
struct Wrapped;

#[resource]
impl Wrapped {
    fn authorize(&self) -> Result<bool, Problem> {
        Ok(false)
    }

    fn get(&self) -> u8 {
        0
    }
}

fn main() {}
