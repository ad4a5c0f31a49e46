// 2 mistakes
#![allow(unused)]

use wsgiservice::{Request, mount, resource};

#[mount("/")]
struct Search;

#[resource]
impl Search {
    fn get(
        &self,
        /// What to look for.
        #[validate(len = 1.., doc = "The text.")]
        q: String,
        /// This is allowed, and says nothing to clients.
        request: &Request,
        #[doc(hidden)] hidden: String,
    ) {
    }
}

fn main() {}
