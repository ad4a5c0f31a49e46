// 5 mistakes
use wsgiservice::{Content, mount, resource};

struct Path<T>(T);
struct Query<T>(T);
struct State {
    pool: u32,
}

#[mount("/{id}")]
struct Document;

#[resource]
impl Document {
    fn put(&self, id: u32, Content(new): Content<String>) -> String {
        new
    }

    fn get(&self, Path(id): Path<u32>, Query(name): Query<String>) -> u32 {
        id
    }

    fn post(&self, id: u32, (a, b): (u32, u32), State { pool: p }: State) -> u32 {
        id
    }
}

fn main() {}
