use wsgiservice::{mount, resource};

#[mount("/documents")]
struct Documents<S: 'static>(S);

#[resource]
impl<S: 'static> Documents<S> {
    async fn get(&self) -> u32 {
        let _ = &self.0;
        1
    }
}

fn main() {}
