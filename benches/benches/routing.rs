//! Benchmarks of routing to one of many resources.

mod support;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use wsgiservice::{Application, mount, resource};

/// The number of different targets, the same for few and for many resources.
const TARGETS: usize = 10;

/// A page of a section.
#[mount("/pages/{number}")]
struct Page;

#[resource]
impl Page {
    fn get(&self, number: u32) -> u32 {
        number
    }
}

/// An application with this many resources, each at its own path.
fn application(resources: usize) -> Application {
    let section = || Application::new("section").mount(Page);
    (0..resources).fold(Application::new("sections"), |application, position| {
        application.nest(&format!("/sections/{position}"), section())
    })
}

fn routing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routing");
    for resources in [10, 100, 10_000] {
        let service = application(resources).build().expect("a service");
        group.bench_function(BenchmarkId::from_parameter(resources), |bencher| {
            support::measure(bencher, &service, 200, |position| {
                let section = position % TARGETS * (resources / TARGETS);
                support::get(&format!("/sections/{section}/pages/7"), &[])
            });
        });
    }
    group.finish();
}

criterion_group!(benches, routing);
criterion_main!(benches);
