// 3 mistakes
use wsgiservice::{Created, mount, resource};

struct Id(u32);

struct Plain;

#[derive(Debug)]
struct Failure;

#[mount("/{id}")]
struct Document;

#[resource]
impl Document {
    fn get(&self, id: Id) -> Result<Option<Plain>, Failure> {
        let _ = id.0;
        Ok(None)
    }

    fn put(&self, id: Id, other: Id) -> Option<Plain> {
        let _ = (id.0, other.0);
        None
    }

    fn post(&self, id: Id) -> Result<Created<u32>, Failure> {
        Ok(Created::at("/", id.0))
    }

    fn authorize(&self) -> Result<(), Failure> {
        Ok(())
    }
}

fn main() {}
