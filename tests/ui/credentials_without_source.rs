// 2 mistakes
use wsgiservice::{ApiKey, Application, Authorize, Bearer, Problem, Request};

struct Session;

struct ByAttribute;

impl Authorize for ByAttribute {
    type Credentials = ApiKey;
    type Principal = ();

    async fn authorize(&self, _: ApiKey, _: &Request) -> Result<(), Problem> {
        Ok(())
    }
}

struct ByNothing;

impl Authorize for ByNothing {
    type Credentials = (Option<Bearer>, Option<ApiKey<Session>>);
    type Principal = ();

    async fn authorize(&self, _: Self::Credentials, _: &Request) -> Result<(), Problem> {
        Ok(())
    }
}

fn main() {
    let _ = Application::new("a").authorize(ByAttribute).authorize(ByNothing);
}
