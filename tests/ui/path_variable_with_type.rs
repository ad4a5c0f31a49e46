// 3 mistakes
use wsgiservice::mount;

#[mount("/{id:[0-9]+}")]
struct Expression;

#[mount("/{id:u32}")]
struct Type;

#[mount("/{file:path}")]
struct Rest;

fn main() {}
