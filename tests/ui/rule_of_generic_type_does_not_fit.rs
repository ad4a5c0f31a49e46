use wsgiservice::{Parameter, mount, resource};

#[derive(Parameter)]
#[validate(range = 1..=10)]
struct Few<T: Parameter>(T);

#[mount("/")]
struct R;

#[resource]
impl R {
    fn get(&self, few: Few<u32>, other: Few<String>) -> u32 {
        drop(other);
        few.0
    }
}

fn main() {}
