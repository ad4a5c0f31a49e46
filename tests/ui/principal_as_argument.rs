use wsgiservice::{Basic, Problem, mount, resource};

struct User;

#[mount("/account")]
struct Account;

#[resource]
impl Account {
    async fn authorize(&self, _login: Basic) -> Result<User, Problem> {
        Ok(User)
    }

    async fn get(&self, user: User) -> u32 {
        let _ = user;
        1
    }
}

fn main() {}
