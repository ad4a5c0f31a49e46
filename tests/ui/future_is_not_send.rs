use wsgiservice::{mount, resource};

use std::rc::Rc;

#[mount("/{id}")]
struct Document;

#[resource]
impl Document {
    async fn get(&self, id: u32) -> usize {
        let shared = Rc::new(id);
        std::future::ready(()).await;
        Rc::strong_count(&shared)
    }
}

fn main() {}
