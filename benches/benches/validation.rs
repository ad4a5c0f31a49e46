//! Benchmarks of converting and validating parameters.

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use wsgiservice::{Application, mount, resource};

/// A resource without parameters.
#[mount("/none")]
struct Nothing;

#[resource]
impl Nothing {
    fn get(&self) -> u32 {
        0
    }
}

/// A resource with several parameters.
#[mount("/search/{user}")]
#[validate(user, re = "[a-z][a-z0-9]*", len = 1..=20, doc = "The owner of the documents.")]
struct Search;

#[resource]
impl Search {
    fn get(
        &self,
        user: String,
        #[validate(len = 1..=200, doc = "The search text.")] q: String,
        #[validate(range = 1..=100, default = 10)] count: u32,
        tag: Vec<String>,
    ) -> usize {
        user.len() + q.len() + count as usize + tag.len()
    }
}

/// Names and targets, with the expected status.
const TARGETS: [(&str, &str, u16); 5] = [
    ("no parameters", "/none", 200),
    ("a path and a query", "/search/patrice?q=rust", 200),
    ("encoded", "/search/patrice?q=Gr%C3%BCezi+mitenand&count=20&tag=a&tag=b%20c", 200),
    ("one violation", "/search/patrice?q=rust&count=1000", 400),
    ("four violations", "/search/Patrice!and!all!his!friends?q=&count=many", 400),
];

fn validation(criterion: &mut Criterion) {
    let service =
        Application::new("searches").mount(Nothing).mount(Search).build().expect("a service");
    let mut group = criterion.benchmark_group("validation");
    for (name, target, status) in TARGETS {
        group.bench_function(name, |bencher| {
            support::measure(bencher, &service, status, |_| support::get(target, &[]));
        });
    }
    group.finish();
}

criterion_group!(benches, validation);
criterion_main!(benches);
