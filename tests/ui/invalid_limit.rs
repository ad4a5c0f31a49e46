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
}

#[limit(content = 10)]
fn helper() {}

fn main() {}
