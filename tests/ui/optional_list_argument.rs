use wsgiservice::{mount, resource};

#[mount("/")]
struct Documents;

#[resource]
impl Documents {
    fn get(&self, tag: Option<Vec<String>>) -> usize {
        tag.unwrap_or_default().len()
    }
}

fn main() {}
