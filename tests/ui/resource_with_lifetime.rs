// 2 mistakes
use wsgiservice::{mount, resource};

#[mount("/named")]
struct Named<'a> {
    name: &'a str,
}

#[resource]
impl<'a> Named<'a> {
    fn get(&self) -> String {
        self.name.to_owned()
    }
}

#[mount("/elided")]
struct Elided<'a, T: Clone + Send + Sync + 'static> {
    name: &'a str,
    value: T,
}

#[resource]
impl<T: Clone + Send + Sync + 'static> Elided<'_, T> {
    fn get(&self) -> String {
        let _ = self.value.clone();
        self.name.to_owned()
    }
}

fn main() {}
