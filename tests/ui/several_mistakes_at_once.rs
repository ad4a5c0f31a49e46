// 7 mistakes
use wsgiservice::{mount, resource};

#[mount("/{id}", xml_root = "1")]
#[validate(id, re = "[", range = 2..=1)]
struct Document;

#[resource]
impl Document {
    #[expires(day = 1)]
    fn Get(&self, id: u32) -> u32 {
        id
    }

    #[expires(private)]
    fn put(&self, #[from(body = "id")] id: u32) -> u32 {
        id
    }
}

fn main() {}
