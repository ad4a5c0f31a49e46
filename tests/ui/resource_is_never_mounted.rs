#![deny(dead_code)]

use wsgiservice::{mount, resource};

#[mount("/documents/{id}")]
struct Document;

#[resource]
impl Document {
    fn get(&self, id: u32) -> u32 {
        id
    }
}

fn main() {}
