use wsgiservice::{EntityTag, mount, resource};

#[mount("/document/{id}")]
struct Document;

#[resource]
impl Document {
    fn etag(&self, idd: u32) -> Option<EntityTag> {
        Some(EntityTag::strong(idd))
    }

    fn get(&self, id: u32) -> u32 {
        id
    }
}

fn main() {}
