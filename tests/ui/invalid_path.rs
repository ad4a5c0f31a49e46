// 10 mistakes
use wsgiservice::mount;

#[mount("documents")]
struct NoSlash;

#[mount("/{id")]
struct NotClosed;

#[mount("/{a}{b}")]
struct TwoInASegment;

#[mount("/{id}/{id}")]
struct Twice;

#[mount("/:id")]
struct Colon;

#[mount("/<id>")]
struct Angles;

#[mount("/search?q={q}")]
struct Query;

#[mount("/{*rest}/more")]
struct AfterTheRest;

#[mount("/{}")]
struct Nameless;

#[mount("/{ⓐ}")]
struct NoIdentifier;

fn main() {}
