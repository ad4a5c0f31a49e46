// 2 mistakes
use wsgiservice::{Secret, mount, resource};

#[mount("/{token}")]
struct Login;

#[resource]
impl Login {
    fn get(&self, password: Secret<String>) -> usize {
        password.expose().len()
    }

    fn post(&self, token: Secret<String>) -> usize {
        token.expose().len()
    }
}

fn main() {}
