use wsgiservice::validate;

#[validate(id, re = "[0-9]+")]
struct Document;

fn main() {}
