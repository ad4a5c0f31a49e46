// 2 mistakes
use wsgiservice::{mount, resource};

struct Id(u32);

#[mount("/{id}")]
struct Document;

#[resource]
impl Document {
    fn get(&self, id: u32, other: Option<Id>, more: Vec<Id>) -> u32 {
        id + other.map_or(0, |it| it.0) + more.iter().map(|it| it.0).sum::<u32>()
    }
}

fn main() {}
