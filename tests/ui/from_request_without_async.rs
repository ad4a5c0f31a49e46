use wsgiservice::{FromRequest, Problem, Request, mount, resource};

struct Tenant;

impl FromRequest for Tenant {
    fn from_request(_: &Request) -> Result<Self, Problem> {
        Ok(Self)
    }
}

#[mount("/documents")]
struct Documents;

#[resource]
impl Documents {
    async fn get(&self, tenant: Tenant) -> u32 {
        let _ = tenant;
        1
    }
}

fn main() {}
