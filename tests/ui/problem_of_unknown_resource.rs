// 4 mistakes
use wsgiservice::{Problem, mount, resource};

#[mount("/orders")]
struct Orders;

#[resource]
impl Orders {
    fn post(&self) -> Result<u8, OrderError> {
        Err(OrderError::NoMethod)
    }
}

struct NoResource;

#[derive(Debug, thiserror::Error, Problem)]
enum OrderError {
    #[error("a")]
    #[problem(409, only = [Orders::post, Orders::put])]
    NoMethod,
    #[error("b")]
    #[problem(410, only = [Order])]
    NoType,
    #[error("c")]
    #[problem(422, only = [NoResource])]
    NoResource,
    #[error("d")]
    #[problem(423, only = [Order::post])]
    NoTypeOfMethod,
}

fn main() {}
