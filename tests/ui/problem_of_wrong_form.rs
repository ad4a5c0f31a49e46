// 18 mistakes
use wsgiservice::Problem;

#[derive(Debug, thiserror::Error, Problem)]
enum OrderError {
    #[error("a")]
    #[problem(409, type = "already paid")]
    NoName,
    #[error("b")]
    #[problem(409, title = "Already paid")]
    TitleAlone,
    #[error("c")]
    #[problem(409, typ = "already-paid")]
    Misspelled,
    #[error("d")]
    #[problem(409, only = [puts])]
    NoMethod,
    #[error("e")]
    #[problem(409)]
    NoType(#[problem(extension = "invoice")] u32),
    #[error("f")]
    #[problem(409, type = "taken")]
    Taken {
        #[problem(extension)]
        title: String,
    },
    #[error("g")]
    #[problem(409, type = "nameless")]
    Nameless(#[problem(extension)] u32),
    #[error("h")]
    #[problem(transparent)]
    Both(u32, u32),
    #[error("i")]
    #[problem("404")]
    Text,
}

#[derive(Debug, thiserror::Error, Problem)]
enum Unwritable {
    #[error("j")]
    #[problem(409, type = "opaque")]
    Opaque(#[problem(extension = "value")] std::net::TcpStream),
    #[error("k")]
    #[problem(transparent)]
    Io(std::io::Error),
}

#[derive(Debug, thiserror::Error, Problem)]
enum HeaderError {
    #[error("a")]
    #[problem(421)]
    NoName(#[problem(header)] u32),
    #[error("b")]
    #[problem(421)]
    WrongName(#[problem(header = "X Cluster")] u32),
}

#[derive(Debug, thiserror::Error, Problem)]
enum Undisplayed {
    #[error("c")]
    #[problem(421)]
    NotDisplayed(#[problem(header = "X-Cluster")] Vec<u32>),
}

#[derive(Debug, thiserror::Error, Problem)]
enum OtherError {
    #[error("a")]
    #[problem(409, only = [PUT])]
    Uppercase,
    #[error("b")]
    #[problem(410, only = [Orders::posts])]
    Misspelled,
    #[error("c")]
    #[problem(410, only = ["post"])]
    Text,
    #[error("d")]
    #[problem(410, only = [Orders.post])]
    Dot,
}

fn main() {}
