#[derive(Debug, wsgiservice::Problem)]
enum Failure {
    #[problem(404)]
    Missing,
}

fn main() {}
