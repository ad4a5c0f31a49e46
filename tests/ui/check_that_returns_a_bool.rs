use wsgiservice::{Application, mount, resource};

#[mount("/ping")]
struct Ping;

#[resource]
impl Ping {
    fn get(&self) -> u8 {
        0
    }
}

fn main() {
    let application = Application::new("ping").mount(Ping);
    let _ = application.check("database", async || true);
}
