// 7 mistakes
use wsgiservice::Settings;

#[derive(Settings)]
struct Options {
    #[setting(default = 0, range = 1..)]
    interval: u32,
    #[setting(default = ["a", "B"], re = "[a-z]")]
    letters: Vec<String>,
    #[setting(range = 1..10)]
    half_open: u32,
    #[setting(re = "[")]
    expression: String,
    #[setting(range = 1.., range = ..=2)]
    twice: u32,
    #[setting(min = 1)]
    least: u32,
    #[setting(table, range = 1..)]
    table: Table,
}

#[derive(Settings)]
struct Table {}

fn main() {}
