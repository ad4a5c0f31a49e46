// 6 mistakes
use wsgiservice::Settings;

#[derive(Settings)]
struct Options {
    #[setting(default = "eighty")]
    port: u16,
    #[setting(default = 70000)]
    large: u16,
    #[setting(default = -1)]
    count: usize,
    #[setting(default = 1)]
    flag: bool,
    #[setting(default = 5)]
    name: String,
    #[setting(default = 0.5)]
    ratio: u8,
    #[setting(default = -0x10)]
    _fits: i8,
    #[setting(default = 3)]
    _number: f64,
    #[setting(default = "/tmp")]
    _path: std::path::PathBuf,
    #[setting(default = 3)]
    _optional: Option<u32>,
}

fn main() {}
