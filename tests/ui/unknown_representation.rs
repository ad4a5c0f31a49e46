// 2 mistakes
use wsgiservice::{mount, resource};

#[mount("/report", representations = [csv, json])]
struct Report;

#[resource]
impl Report {
    fn get(&self) -> u32 {
        7
    }

    #[representation(".txt", "text/plain")]
    fn text(&self, value: &u32) -> String {
        value.to_string()
    }
}

#[mount("/nothing", representations = [])]
struct Nothing;

fn main() {}
