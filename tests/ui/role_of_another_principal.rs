// 2 mistakes
use wsgiservice::{Authorized, Bearer, Problem, Role, mount, resource};

struct User;

struct Customer;

struct Admin;

impl Role<User> for Admin {
    fn is_held_by(_: &User) -> bool {
        true
    }
}

struct Editor;

#[mount("/a/{id}")]
struct Account;

#[resource]
impl Account {
    fn authorize(&self, _login: Bearer) -> Result<Customer, Problem> {
        Ok(Customer)
    }

    fn get(&self, id: u32, user: Authorized<User, Admin>) -> u32 {
        let _ = user;
        id
    }
}

#[mount("/b/{id}")]
struct Book;

#[resource]
impl Book {
    fn authorize(&self, _login: Bearer) -> Result<User, Problem> {
        Ok(User)
    }

    fn get(&self, id: u32, user: Authorized<User, Editor>) -> u32 {
        let _ = user;
        id
    }
}

fn main() {}
