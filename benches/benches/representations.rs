//! Benchmarks of writing a value as JSON and as XML.

mod support;

use std::hint::black_box;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use http_body::Body as _;
use schemars::JsonSchema;
use serde::Serialize;
use wsgiservice::{Application, answer::Represent, mount, resource};

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
        let response = support::respond(&mut service.clone(), support::get(&target, &[]));
        group.throughput(Throughput::Bytes(response.body().size_hint().lower()));
        group.bench_function(format!("{extension}, {count} entries"), |bencher| {
            support::measure(bencher, &service, 200, |_| support::get(&target, &[]));
        });
    }
    group.finish();
}

/// What the example returns.
#[derive(Serialize)]
struct Country {
    country_code: &'static str,
}

/// A value with most kinds of members; every other one has text to escape.
#[derive(Serialize)]
struct Article {
    id: u32,
    title: &'static str,
    text: &'static str,
    weight: f64,
    published: bool,
    author: Author,
    subtitle: Option<&'static str>,
    parent: Option<u64>,
    tags: [&'static str; 2],
}

#[derive(Serialize)]
struct Author {
    name: &'static str,
    age: u8,
    address: Option<&'static str>,
}

fn article(id: u32) -> Article {
    let even = id.is_multiple_of(2);
    Article {
        id,
        title: "Grüezi mitenand",
        text: if even {
            "Fish & \"chips\" <b>fresh</b>\tevery day"
        } else {
            "A plain sentence of some sixty bytes that needs no escaping."
        },
        weight: f64::from(id) / 8.0,
        published: id.is_multiple_of(3),
        author: Author {
            name: "Anna Example",
            age: 42,
            address: even.then_some("Bahnhofstrasse 1"),
        },
        subtitle: None,
        parent: (id > 10).then_some(u64::from(id) * 1_000_003),
        tags: ["a", "b"],
    }
}

/// The writers alone, without a request.
fn writers(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("writers");
    compare(&mut group, "a struct", &Country { country_code: "CH" });
    compare(&mut group, "100 structs", &(0..100).map(article).collect::<Vec<_>>());
    group.finish();
}

fn compare(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, value: &impl Represent) {
    group.bench_function(format!("json, {name}"), |bencher| {
        bencher.iter(|| black_box(value).json().expect("a JSON form"));
    });
    group.bench_function(format!("xml, {name}"), |bencher| {
        bencher.iter(|| black_box(value).xml("response").expect("an XML form"));
    });
}

criterion_group!(benches, representations, writers);
criterion_main!(benches);
