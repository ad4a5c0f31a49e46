// 2 mistakes
#[derive(Debug, thiserror::Error, wsgiservice::Problem)]
enum Failure {
    #[error("missing")]
    Missing,
    #[error("fine")]
    #[problem(200)]
    Fine,
}

fn main() {}
