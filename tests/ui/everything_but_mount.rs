use wsgiservice::{Application, resource};

struct Document;

#[resource]
impl Document {
    fn get(&self, #[validate(range = 1..=9)] id: u32) -> u32 {
        id
    }

    fn put(&self, id: u32) -> u32 {
        id
    }
}

fn main() {
    let _ = Application::new("documents").mount(Document);
}
