// 5 mistakes
use wsgiservice::{
    answer::{Binary, media_type::MediaType},
    mount, resource,
};

#[derive(MediaType)]
#[media_type("image")]
struct Image;

#[derive(MediaType)]
#[media_type(png)]
struct Png;

#[derive(MediaType)]
struct Unnamed;

struct Plain;

#[mount("/")]
struct Logo;

#[resource]
impl Logo {
    fn get(&self) -> Binary<Plain> {
        Binary::of("0123456789")
    }
}

fn main() {}
