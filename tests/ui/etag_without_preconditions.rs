// 3 mistakes
#![deny(deprecated)]

use wsgiservice::{EntityTag, NoContent, Preconditions, Request, mount, resource};

type Conditions = Preconditions;

#[mount("/{id}")]
struct Document;

#[resource]
impl Document {
    fn etag(&self, id: u32) -> Option<EntityTag> {
        Some(EntityTag::strong(id))
    }

    fn get(&self) -> &'static str {
        "document"
    }

    fn put(&self, id: u32, request: &Request) -> usize {
        request.fields().len() + id as usize
    }

    async fn delete(&self) -> NoContent {
        NoContent
    }

    /// An alias is the same type.
    fn patch(&self, conditions: Conditions) -> NoContent {
        let _ = conditions;
        NoContent
    }

    fn post(&self) -> &'static str {
        "posted"
    }
}

#[mount("/generic/{id}")]
struct Generic<T: Clone + Send + Sync + 'static>(T);

#[resource]
impl<T> Generic<T>
where
    T: Clone + Send + Sync + 'static,
{
    fn etag(&self, id: u32) -> Option<EntityTag> {
        Some(EntityTag::strong(id))
    }

    fn put(&self, id: Option<u32>) -> NoContent {
        let _ = (id, self.0.clone());
        NoContent
    }
}

/// Without a hook `etag`, no client can state a tag.
#[mount("/plain")]
struct Plain;

#[resource]
impl Plain {
    fn put(&self) -> NoContent {
        NoContent
    }
}

fn main() {}
