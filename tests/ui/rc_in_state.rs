use std::rc::Rc;

use wsgiservice::{Application, mount, resource};

#[mount("/name")]
struct Name(Rc<str>);

#[resource]
impl Name {
    async fn get(&self) -> String {
        self.0.to_string()
    }
}

fn application() -> Application {
    Application::new("name").mount(Name("a".into()))
}

fn main() {}
