use wsgiservice::{answer::Page, mount, resource};

struct Hit;

#[mount("/hits")]
struct Hits;

#[resource]
impl Hits {
    async fn get(&self) -> Option<Page<Hit>> {
        None
    }
}

fn main() {}
