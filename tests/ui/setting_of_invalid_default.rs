// 5 mistakes
use wsgiservice::Settings;

const COUNT: u32 = 10;

#[derive(Settings)]
struct Options {
    #[setting(default = COUNT)]
    count: u32,
    #[setting(default)]
    other: u32,
    #[setting(default = 'a')]
    letter: char,
    #[setting(table, default = 1)]
    table: Table,
    #[setting]
    bare: u32,
}

#[derive(Settings)]
struct Table {}

fn main() {}
