use wsgiservice::{limit, mount, resource};

#[mount("/upload")]
struct Upload;

#[resource]
impl Upload {
    #[limit(10)]
    fn post(&self) -> bool {
        true
    }

    #[limit(time = 10)]
    fn put(&self) -> bool {
        true
    }

    #[limit(content)]
    fn delete(&self) -> bool {
        true
    }

    #[limit(elements = 10, elements = 20)]
    fn patch(&self) -> bool {
        true
    }

    #[limit(elements = 10, time = 20)]
    fn get(&self) -> bool {
        true
    }
}

#[limit(content = 10)]
fn helper() {}

fn main() {}
