use wsgiservice::{Request, mount, resource};

#[mount("/documents")]
struct Documents;

#[resource]
impl Documents {
    async fn get(&self, request: Request) -> usize {
        request.fields().len()
    }
}

fn main() {}
