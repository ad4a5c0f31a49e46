use wsgiservice::{IdempotencyKey, mount, resource};

#[mount("/payments")]
struct Payments;

#[resource]
impl Payments {
    async fn admit(&self, key: Option<IdempotencyKey>) -> bool {
        key.is_some()
    }

    async fn post(&self) -> u32 {
        1
    }
}

fn main() {}
