use wsgiservice::{mount, resource};

#[mount("/documents")]
struct Documents {
    count: u32,
}

#[resource]
impl Documents {
    async fn get(&self) -> u32 {
        Self::checked("a", self.count)
    }

    fn checked(text: &str, count: u32) -> u32 {
        count + text.len() as u32
    }
}

fn main() {}
