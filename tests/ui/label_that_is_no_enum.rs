// 3 mistakes
use wsgiservice::statistics::Label;

#[derive(Clone, Copy, Label)]
struct Customer(u32);

#[derive(Clone, Copy, Label)]
enum Outcome {
    Paid(u32),
    Declined,
}

#[derive(Clone, Copy, Label)]
enum Nothing {}

fn main() {}
