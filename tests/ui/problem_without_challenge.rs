// 2 mistakes
use wsgiservice::Problem;

#[derive(Debug, thiserror::Error, Problem)]
enum Denied {
    #[error("who are you?")]
    #[problem(401)]
    Unknown,
    #[error("not you")]
    #[problem(403, realm = "a")]
    Forbidden,
}

fn main() {}
