use wsgiservice::mount;

#[mount("/")]
struct Document;

fn application() -> wsgiservice::Application {
    wsgiservice::Application::new("documents").mount(Document)
}

fn main() {}
