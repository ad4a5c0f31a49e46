// 5 mistakes
#![allow(unused)]

use wsgiservice::{mount, resource};

#[mount("/")]
struct Values;

#[resource]
impl Values {
    #[cfg_attr(unix, validate(count, range = 1..), allow(dead_code))]
    #[cfg_attr(unix, cfg(windows))]
    #[cfg_attr(unix, doc = "The values.")]
    fn get(&self, #[cfg_attr(unix, from(header = "Count"))] count: u32) -> u32 {
        count
    }

    #[cfg_attr(all(), inline, allow(unused))]
    fn put(&self) {}
}

#[mount("/{id}")]
struct NotTaken;

#[resource]
impl NotTaken {
    fn get(&self, #[cfg(any())] id: u32) {}
}

fn main() {}
