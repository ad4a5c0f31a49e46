use wsgiservice::{Content, mount, resource};

struct New {
    title: String,
}

#[mount("/{id}")]
struct Document;

#[resource]
impl Document {
    fn put(&self, id: u32, document: Content<New>) -> String {
        format!("{id}: {}", document.into_inner().title)
    }
}

fn main() {}
