use wsgiservice::{Problem, mount, resource};

#[derive(Debug, thiserror::Error)]
enum StoreError {
    #[error("not found")]
    Missing,
}

#[mount("/documents/{id}")]
struct Document;

#[resource]
impl Document {
    async fn get(&self, id: u32) -> Result<u32, Problem> {
        find(id)?;
        Ok(id)
    }
}

fn find(id: u32) -> Result<(), StoreError> {
    if id == 0 { Err(StoreError::Missing) } else { Ok(()) }
}

fn main() {}
