// 9 mistakes
use wsgiservice::{Parameter, mount, resource};

const MOST: usize = 0;

#[derive(Parameter)]
#[validate(range = 1..=10)]
struct Name(String);

#[derive(Parameter)]
#[validate(len = 1..=10)]
struct Count(Name2);

#[derive(Parameter)]
struct Name2(u32);

#[derive(Parameter)]
#[validate(one_of = ["1", "x"])]
struct Listed(u32);

#[derive(Parameter)]
#[validate(len = 2..=MOST)]
struct Impossible(String);

#[derive(Parameter)]
#[validate(example = "many")]
struct Example(u32);

#[derive(Parameter)]
#[validate(re = "[a-z]+", example = "A")]
struct Broken(String);

#[derive(Parameter)]
#[validate(format = "email")]
enum Word {
    One,
}

#[derive(Parameter)]
#[validate(len = 1..=3)]
struct Short(String);

#[mount("/")]
struct R;

#[resource]
impl R {
    fn get(
        &self,
        #[validate(default = "long")] short: Short,
        #[validate(example = "long")] other: Option<Short>,
        #[validate(len = 1..=4, default = "long")] longer: Short,
    ) -> bool {
        drop((short, other, longer));
        true
    }
}

fn main() {}
