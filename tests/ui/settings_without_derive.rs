// 4 mistakes
use wsgiservice::Settings;

struct Options {}

struct Opaque;

struct Text;

#[derive(Settings)]
struct Others {
    #[setting(table)]
    table: Opaque,
    value: Opaque,
    #[setting(from = u8)]
    text: Text,
}

fn main() {
    let _ = wsgiservice::run(async |_: Options| Err("")?);
}
