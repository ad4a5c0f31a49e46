//! How long it takes to find a resource among others.

mod support;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use wsgiservice::{Application, mount, resource};

/// How many different targets are asked for: as many among few resources as among many.
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

/// An application with so many resources, at paths of their own.
fn application(resources: usize) -> Application {
    let section = || Application::new("section").mount(Page);
    (0..resources).fold(Application::new("sections"), |application, position| {
        application.nest(&format!("/sections/{position}"), section())
    })
}

fn routing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("routing");
    for resources in [10, 100, 10_000] {
        let service = application(resources).into_service();
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
