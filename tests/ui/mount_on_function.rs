use wsgiservice::mount;

#[mount("/documents")]
async fn list() -> u32 {
    1
}

fn main() {}
