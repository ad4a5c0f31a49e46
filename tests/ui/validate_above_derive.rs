// 3 mistakes
#![deny(warnings)]

#[validate(len = 1..=20)]
#[derive(wsgiservice::Parameter)]
struct NotImported(String);

#[wsgiservice::validate(len = 1..=20)]
#[derive(wsgiservice::Parameter)]
struct Qualified(String);

mod imported {
    use wsgiservice::validate;

    #[derive(wsgiservice::Parameter)]
    #[validate(len = 1..=20)]
    struct Below(String);
}

fn main() {}
