// 2 mistakes
#[derive(wsgiservice::Parameter)]
struct Range {
    from: u32,
    to: u32,
}

#[derive(wsgiservice::Parameter)]
enum Sort {
    By(String),
}

fn main() {}
