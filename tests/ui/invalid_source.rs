// 22 mistakes
#![allow(unused)]

use wsgiservice::{ApiKey, Content, Secret, content::{ContentStream, File}, mount, resource};

#[mount("/{id}")]
struct Unknown;

#[resource]
impl Unknown {
    fn get(&self, id: u32, #[from(body = "a")] a: String, #[from(cookies)] c: String, #[from(querry = "b")] b: String) {}

    fn put(&self, #[from(cookie = "a b")] a: String, #[from(query = "")] b: String) {}

    fn post(&self, #[from(header)] user_agent: String, #[from("a")] b: String, #[from(query = "a", path = "id")] c: u32) {}
}

#[mount("/{id}")]
struct Sources;

#[resource]
impl Sources {
    fn get(&self, #[from(path = "id")] document: u32, #[from(content = "a")] a: u32) {}

    fn put(&self, #[from(path = "name")] name: String, #[from(query = "key")] key: Secret<String>) {}

    fn post(&self, #[from(path = "id")] id: Option<u32>, #[from(cookie = "a")] a: File) {}

    fn patch(&self, #[from(content = "a")] a: u32, content: ContentStream) {}

    fn delete(&self, #[from(content = "a")] a: Content<u32>) {}
}

#[mount("/{id}")]
struct Bare;

#[resource]
impl Bare {
    fn get(&self, id: u32, #[from(path)] name: String, #[from(query)] key: Secret<String>) {}

    fn delete(&self, #[from(path)] id: Option<u32>) {}
}

#[mount("/{id}")]
struct NotTaken;

#[resource]
impl NotTaken {
    fn get(&self, #[from(query = "id")] id: u32) {}
}

#[mount("/keys")]
struct Keys;

#[resource]
impl Keys {
    fn get(&self, key: ApiKey, other: Option<ApiKey>) {}

    fn post(&self, #[from(content = "key")] key: ApiKey) {}
}

fn main() {}
