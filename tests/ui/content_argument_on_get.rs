// 2 mistakes
use wsgiservice::{mount, resource};

#[mount("/")]
struct Documents;

#[resource]
impl Documents {
    fn authorize(&self, content: wsgiservice::Content<u32>) -> Result<(), wsgiservice::Problem> {
        let _ = content;
        Ok(())
    }

    fn get(&self, content: wsgiservice::Content<u32>) -> u32 {
        content.into_inner()
    }
}

fn main() {}
