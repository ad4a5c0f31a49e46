// 5 mistakes
use wsgiservice::Settings;

#[derive(Settings)]
struct Options {
    #[setting(defalt = 10)]
    count: u32,
    #[setting(env = "COUNT")]
    other: u32,
    #[setting(flatten)]
    mail: Mail,
    #[setting(rename = "b")]
    a: u32,
}

#[derive(Settings)]
#[setting(prefix = "mail")]
struct Mail {}

fn main() {}
