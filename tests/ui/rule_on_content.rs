// 5 mistakes
use wsgiservice::{Content, content::File, mount, resource};

#[mount("/")]
struct Upload;

#[resource]
impl Upload {
    fn post(&self, #[validate(re = "a", default = "a")] picture: File) -> usize {
        picture.content().len()
    }

    fn put(&self, #[validate(len = 1..)] content: Content<String>) -> usize {
        content.into_inner().len()
    }

    fn patch(&self, #[validate(doc = "The text.")] content: Content<String>) -> usize {
        content.into_inner().len()
    }
}

#[mount("/note")]
#[validate(content, doc = "The text.")]
struct Note;

#[resource]
impl Note {
    fn post(&self, content: Content<String>) -> usize {
        content.into_inner().len()
    }
}

fn main() {}
