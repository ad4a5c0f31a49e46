#![deny(dead_code)]

use wsgiservice::{Application, mount, resource};

#[mount("/documents/{id}")]
struct Document;

#[resource]
impl Document {
    fn get(&self, id: u32) -> u32 {
        id
    }
}

#[mount("/documents")]
struct Documents {
    count: u32,
    _unused: u32,
    unused: u32,
}

#[resource]
impl Documents {
    fn get(&self) -> u32 {
        self.count
    }
}

fn main() {
    let documents = Documents { count: 0, _unused: 0, unused: 0 };
    let _ = Application::new("documents").mount(documents);
}
