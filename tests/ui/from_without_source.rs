use wsgiservice::{mount, resource};

#[mount("/documents")]
struct Documents;

#[resource]
impl Documents {
    async fn get(&self, #[from("Accept-Language")] language: Option<String>) -> Option<String> {
        language
    }
}

fn main() {}
