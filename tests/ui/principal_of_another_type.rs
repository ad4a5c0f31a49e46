use wsgiservice::{Authorized, Bearer, Problem, mount, resource};

struct User;

struct Admin;

#[mount("/a/{id}")]
struct Account;

#[resource]
impl Account {
    fn authorize(&self, _login: Bearer) -> Result<User, Problem> {
        Ok(User)
    }

    fn get(&self, id: u32, user: Authorized<User>) -> u32 {
        let _ = user;
        id
    }

    fn delete(&self, id: u32, admin: Authorized<Admin>) -> u32 {
        let _ = admin;
        id
    }
}

fn main() {}
