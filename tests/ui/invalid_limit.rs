// 10 mistakes
use wsgiservice::{limit, mount, resource};

#[mount("/upload")]
#[limit(concurrency = 0)]
struct Upload;

#[resource]
impl Upload {
    #[limit(10)]
    fn post(&self) -> bool {
        true
    }

    #[limit(seconds = 10)]
    fn put(&self) -> bool {
        true
    }

    #[limit(time = "10 s")]
    fn patch(&self) -> bool {
        true
    }

    #[limit(time = 0)]
    fn get(&self) -> bool {
        true
    }

    #[limit(time = 10, time = 20)]
    fn delete(&self) -> bool {
        true
    }

    #[limit(time)]
    fn query(&self) -> bool {
        true
    }

    #[limit(elements = 10, elements = 20)]
    fn lock(&self) -> bool {
        true
    }

    #[limit(content = "5 MiB")]
    fn link(&self) -> bool {
        true
    }
}

#[limit(content = 10)]
fn helper() {}

fn main() {}
