use std::cell::Cell;

use wsgiservice::{Application, mount, resource};

#[mount("/counter")]
struct Counter {
    count: Cell<u32>,
}

#[resource]
impl Counter {
    async fn get(&self) -> u32 {
        self.count.get()
    }

    async fn post(&self) -> u32 {
        self.count.set(self.count.get() + 1);
        self.count.get()
    }
}

fn application() -> Application {
    Application::new("counter").mount(Counter { count: Cell::new(0) })
}

fn main() {}
