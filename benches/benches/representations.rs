//! Benchmarks of writing a value as JSON and as XML.

mod support;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use http_body::Body as _;
use schemars::JsonSchema;
use serde::Serialize;
use wsgiservice::{Application, mount, resource};

/// The number of entries in a large value: about 75 KiB of JSON.
const LARGE: u32 = 700;

/// A list with `count` entries.
#[mount("/entries/{count}")]
struct Entries;

#[resource]
impl Entries {
    fn get(&self, count: u32) -> Vec<Entry> {
        (0..count).map(entry).collect()
    }
}

#[derive(Serialize, JsonSchema)]
struct Entry {
    id: u32,
    title: &'static str,
    text: &'static str,
    weight: f64,
    tags: [&'static str; 2],
}

fn entry(id: u32) -> Entry {
    let text = "Fish & \"chips\" <b>fresh</b>";
    Entry { id, title: "Grüezi mitenand", text, weight: f64::from(id) / 8.0, tags: ["a", "b"] }
}

fn representations(criterion: &mut Criterion) {
    let service = Application::new("lists").mount(Entries).build().expect("a service");
    let mut group = criterion.benchmark_group("representations");
    for (extension, count) in [("json", 1), ("xml", 1), ("json", LARGE), ("xml", LARGE)] {
        let target = format!("/entries/{count}.{extension}");
        let response = support::answer(&mut service.clone(), support::get(&target, &[]));
        group.throughput(Throughput::Bytes(response.body().size_hint().lower()));
        group.bench_function(format!("{extension}, {count} entries"), |bencher| {
            support::measure(bencher, &service, 200, |_| support::get(&target, &[]));
        });
    }
    group.finish();
}

criterion_group!(benches, representations);
criterion_main!(benches);
