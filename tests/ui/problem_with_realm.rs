use wsgiservice::Problem;

#[derive(Debug, thiserror::Error, Problem)]
enum Denied {
    #[error("not you")]
    #[problem(403, realm = "a")]
    Forbidden,
}

fn main() {}
