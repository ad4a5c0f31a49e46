use wsgiservice::{answer::Events, mount, resource};

#[mount("/events")]
struct Changes;

#[resource]
impl Changes {
    async fn get(&self) -> Events {
        Events::new(futures_util::stream::iter([1, 2, 3]))
    }
}

fn main() {}
