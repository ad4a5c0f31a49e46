// 2 mistakes
use wsgiservice::{
    Problem,
    answer::{Event, Events},
    mount, resource,
};

#[mount("/events")]
struct Changes;

#[resource]
impl Changes {
    async fn get(&self) -> Events {
        Events::new(futures_util::stream::iter([1, 2, 3]))
    }

    async fn post(&self) -> Events {
        Events::new(futures_util::stream::iter([Event::json(&1), Err(Problem::gone())]))
    }
}

fn main() {}
