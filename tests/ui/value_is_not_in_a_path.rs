// 2 mistakes
use wsgiservice::{Parameter, Secret, mount, resource};

struct Id(u32);

#[derive(Parameter)]
struct Token(Secret<String>);

#[mount("/{id}")]
struct R;

#[resource]
impl R {
    fn get(&self, id: u32) -> u32 {
        id
    }
}

fn main() {
    let _ = R::path(Id(7));
    let _ = R::path(Token(Secret::new(String::new())));
}
