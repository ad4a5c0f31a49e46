use std::collections::HashMap;

use wsgiservice::{mount, resource};

#[mount("/")]
struct Documents;

#[resource]
impl Documents {
    fn get(&self, query: HashMap<String, String>) -> usize {
        query.len()
    }
}

fn main() {}
