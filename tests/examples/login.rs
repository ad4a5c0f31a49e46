//! A service that accepts several kinds of credentials, for the tests of the help page in a browser
//! (`scripts/documentation/browser.mjs`).

use wsgiservice::{
    ApiKey, Application, Authorize, Authorized, Basic, Bearer, Problem, Request,
    credentials::{KeyPlace, KeySource},
    mount, resource,
};

/// The key of a program.
struct Program;

impl KeySource for Program {
    const PLACE: KeyPlace = KeyPlace::Header;
    const NAME: &'static str = "X-Program";
}

/// The cookie of a session.
struct Session;

impl KeySource for Session {
    const PLACE: KeyPlace = KeyPlace::Cookie;
    const NAME: &'static str = "session";
}

/// Accepts all credentials.
struct Login;

impl Authorize for Login {
    type Credentials =
        (Option<Bearer>, Option<Basic>, Option<ApiKey<Program>>, Option<ApiKey<Session>>);
    type Principal = String;

    async fn authorize(
        &self,
        credentials: Self::Credentials,
        _: &Request,
    ) -> Result<String, Problem> {
        match credentials {
            (Some(token), ..) => Ok(format!("token {}", token.token().expose())),
            (_, Some(login), ..) => {
                Ok(format!("login {} {}", login.user(), login.password().expose()))
            }
            (_, _, Some(key), _) => Ok(format!("program {}", key.secret().expose())),
            (.., Some(key)) => Ok(format!("session {}", key.secret().expose())),
            (None, None, None, None) => Err(Problem::missing_credentials()),
        }
    }
}

#[mount("/who")]
struct Who;

#[resource]
impl Who {
    /// Return the credentials of the request.
    fn get(&self, who: Authorized<String>) -> String {
        who.into_inner()
    }
}

/// Needs no credentials.
#[mount("/open")]
struct Open;

#[resource]
impl Open {
    fn authorize(&self) -> Result<(), Problem> {
        Ok(())
    }

    /// Return a word.
    fn get(&self) -> &'static str {
        "welcome"
    }
}

fn main() -> wsgiservice::Result<()> {
    Application::new("login").mount(Who).mount(Open).authorize(Login).run()
}
