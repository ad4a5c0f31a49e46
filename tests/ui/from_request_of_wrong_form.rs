// 3 mistakes
use std::rc::Rc;

use wsgiservice::{FromRequest, Parameter, Problem, Request, mount, resource};

/// Neither a parameter nor made from a request.
struct Tenant;

#[mount("/a")]
struct A;

#[resource]
impl A {
    fn get(&self, tenant: Tenant) -> u8 {
        let _ = tenant;
        0
    }
}

/// Both.
#[derive(Parameter)]
struct Both(String);

impl FromRequest for Both {
    async fn from_request(_: &Request) -> Result<Self, Problem> {
        Ok(Self(String::new()))
    }
}

struct Local;

impl FromRequest for Local {
    async fn from_request(_: &Request) -> Result<Self, Problem> {
        let shared = Rc::new(1);
        std::future::ready(()).await;
        drop(shared);
        Ok(Self)
    }
}

fn main() {}
