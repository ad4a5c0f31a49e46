use wsgiservice::{Secret, content::ContentStream, mount, resource};

#[mount("/upload")]
struct Upload;

#[resource]
impl Upload {
    fn post(&self, content: ContentStream, password: Secret<String>) -> bool {
        drop(content);
        password.expose() == "a"
    }
}

fn main() {}
