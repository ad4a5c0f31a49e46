use wsgiservice::{Application, mount, resource};

#[mount("/documents")]
struct Documents;

#[resource]
impl Documents {
    async fn get(&self) -> u32 {
        1
    }
}

fn application() -> Application {
    Application::new("documents").mount(Documents::get)
}

fn main() {}
