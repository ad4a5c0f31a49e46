use wsgiservice::{Application, mount};

#[mount("/{id}")]
#[validate(id, range = 1..=9)]
struct Document;

impl Document {
    fn get(&self, id: u32) -> u32 {
        id
    }
}

fn main() {
    let _ = Application::new("documents").mount(Document);
}
