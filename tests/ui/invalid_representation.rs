// 3 mistakes
use wsgiservice::{mount, resource};

#[mount("/report")]
struct Report;

#[resource]
impl Report {
    fn get(&self) -> u32 {
        7
    }

    #[representation("txt", "text/plain")]
    fn text(&self, value: &u32) -> String {
        value.to_string()
    }

    #[representation(".csv", "csv")]
    fn csv(&self, value: &u32) -> String {
        value.to_string()
    }

    #[representation(".html", "text/html")]
    fn html(&self) -> String {
        String::new()
    }
}

fn main() {}
