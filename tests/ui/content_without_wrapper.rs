use wsgiservice::{mount, resource};

#[derive(serde::Deserialize)]
struct New {
    title: String,
}

#[mount("/documents")]
struct Documents;

#[resource]
impl Documents {
    async fn post(&self, new: New) -> String {
        new.title
    }
}

fn main() {}
