#![deny(dead_code)]

use wsgiservice::{Application, mount, resource};

#[mount("/documents")]
struct Documents {
    count: u32,
    unused: u32,
}

#[resource]
impl Documents {
    fn get(&self) -> u32 {
        self.count
    }
}

fn main() {
    let _ = Application::new("documents").mount(Documents { count: 0, unused: 0 });
}
