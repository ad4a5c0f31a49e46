use wsgiservice::{Content, Problem, mount, resource};

#[derive(serde::Deserialize)]
struct Login {
    password: String,
}

#[mount("/account")]
struct Account;

#[resource]
impl Account {
    async fn authorize(&self, content: Content<Login>) -> Result<(), Problem> {
        let _ = content.into_inner().password;
        Ok(())
    }

    async fn post(&self) -> u32 {
        1
    }
}

fn main() {}
