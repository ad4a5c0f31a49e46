// 3 mistakes
use wsgiservice::{mount, resource};

#[mount("/{id}")]
struct Document;

#[resource]
impl Document {
    fn get(&self, id: &str) -> String {
        id.to_owned()
    }

    fn put(&self, id: u32, tags: Option<&'static str>, list: &[u32]) -> usize {
        id as usize + tags.map_or(0, str::len) + list.len()
    }

    fn post(&self, id: u32, name: &String) -> usize {
        id as usize + name.len()
    }
}

fn main() {}
