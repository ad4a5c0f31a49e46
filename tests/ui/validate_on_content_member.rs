use wsgiservice::{Content, mount, resource, validate};

#[derive(serde::Deserialize)]
struct New {
    #[validate(len = 1..=200)]
    title: String,
}

#[mount("/documents")]
struct Documents;

#[resource]
impl Documents {
    async fn post(&self, content: Content<New>) -> String {
        content.into_inner().title
    }
}

fn main() {}
