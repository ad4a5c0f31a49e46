// 6 mistakes
use std::path::PathBuf;

use wsgiservice::{Secret, Settings};

const MOST: u32 = 0;

#[derive(Settings)]
struct Options {
    #[setting(range = 1..)]
    name: String,
    #[setting(len = 1..=10)]
    count: Option<u32>,
    #[setting(re = "[a-z]+")]
    counts: Vec<u16>,
    #[setting(format = "email")]
    key: Option<Secret<u32>>,
    #[setting(one_of = ["1", "x"])]
    listed: u8,
    #[setting(range = 1..=MOST)]
    impossible: u32,
    /// Only the type itself tells what this is.
    #[setting(len = 1..)]
    path: PathBuf,
}

fn main() {}
