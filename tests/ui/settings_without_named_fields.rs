// 3 mistakes
use wsgiservice::Settings;

#[derive(Settings)]
struct Tuple(u32);

#[derive(Settings)]
enum Choice {
    One,
}

#[derive(Settings)]
struct Generic<T> {
    value: T,
}

fn main() {
    let _ = wsgiservice::run(async |_: Tuple| Err("")?);
    let _ = (Choice::One, Generic { value: 1 });
}
