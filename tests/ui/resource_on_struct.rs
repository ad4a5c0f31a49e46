use wsgiservice::resource;

#[resource]
struct Document;

fn main() {}
