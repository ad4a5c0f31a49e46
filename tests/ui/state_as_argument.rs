use wsgiservice::{mount, resource};

struct Database;

#[mount("/documents")]
struct Documents;

#[resource]
impl Documents {
    async fn get(&self, database: &Database) -> u32 {
        let _ = database;
        1
    }
}

fn main() {}
