// 2 mistakes
use std::time::SystemTime;

use wsgiservice::{EntityTag, mount, resource};

#[mount("/documents")]
struct Documents;

#[resource]
impl Documents {
    fn etag(&self) -> EntityTag {
        EntityTag::strong(1)
    }

    fn last_modified(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }

    fn get(&self) -> u32 {
        1
    }
}

fn main() {}
