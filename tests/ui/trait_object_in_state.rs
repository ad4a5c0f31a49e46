use std::sync::Arc;

use wsgiservice::{mount, resource};

trait Store {
    fn count(&self) -> u32;
}

#[mount("/documents")]
struct Documents {
    store: Arc<dyn Store>,
}

#[resource]
impl Documents {
    async fn get(&self) -> u32 {
        self.store.count()
    }
}

fn main() {}
