use wsgiservice::{ApiKey, Problem, mount, resource};

#[mount("/account")]
struct Account;

#[resource]
impl Account {
    async fn authorize(&self, key: Option<ApiKey>) -> Result<(), Problem> {
        let _ = key;
        Ok(())
    }

    async fn get(&self) -> u32 {
        1
    }
}

fn main() {}
