use wsgiservice::{mount, resource};

#[derive(serde::Deserialize)]
struct New {
    title: String,
}

#[mount("/{id}")]
struct Document;

#[resource]
impl Document {
    fn put(&self, id: u32, document: New) -> String {
        format!("{id}: {}", document.title)
    }
}

fn main() {}
