// 11 mistakes
#![allow(unused)]

use std::time::Duration;

use wsgiservice::{mount, resource};

const MOST: u32 = 9;
const WORD: &str = "word";
const TIME: Duration = Duration::from_secs(1);

#[mount("/")]
struct Values;

#[resource]
impl Values {
    fn get(
        &self,
        #[validate(range = 10..=MOST)] empty: u32,
        #[validate(range = 1..=MOST, default = 10)] literal: u32,
        #[validate(range = 1..=8, default = MOST)] constant: u32,
        #[validate(range = ..=MOST)] text: String,
        #[validate(default = WORD)] number: u32,
        #[validate(one_of = ["1", WORD])] listed: u32,
    ) {
    }
}

#[mount("/types")]
struct Types;

#[resource]
impl Types {
    fn get(
        &self,
        #[validate(range = ..=TIME)] time: u32,
        #[validate(len = 1..=MOST)] long: String,
    ) {
    }
}

#[mount("/expressions")]
struct Expressions;

#[resource]
impl Expressions {
    fn get(
        &self,
        #[validate(range = 1..=10 * 2)] expression: u32,
        #[validate(default = 1 + 1)] sum: u32,
        #[validate(one_of = 5)] list: String,
    ) {
    }
}

fn main() {}
