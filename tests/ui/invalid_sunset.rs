// 4 mistakes
use wsgiservice::{mount, resource};

#[mount("/old")]
struct Old;

#[resource]
impl Old {
    #[sunset(on = "2027-06-30")]
    fn get(&self) -> u32 {
        1
    }

    #[deprecated]
    #[sunset(on = "soon")]
    fn put(&self) -> u32 {
        2
    }

    #[deprecated]
    #[sunset(since = "2026-11-24", on = "2027-02-30")]
    fn patch(&self) -> u32 {
        2
    }

    #[deprecated]
    #[sunset("2027-06-30")]
    fn post(&self) -> u32 {
        3
    }
}

fn main() {}
