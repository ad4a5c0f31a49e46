//! Benchmarks of content negotiation.

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use wsgiservice::{Application, mount, resource};

/// A word.
#[mount("/word")]
struct Word;

#[resource]
impl Word {
    fn get(&self) -> &'static str {
        "word"
    }
}

const BROWSER: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

/// Names and values of `Accept`, with the expected status.
const ACCEPT: [(&str, &str, u16); 6] = [
    ("any", "*/*", 200),
    ("json", "application/json", 200),
    ("xml with a weight", "text/xml;q=0.9, application/json;q=0.1", 200),
    ("a browser", BROWSER, 200),
    ("parameters", "application/json;charset=utf-8;q=0.5, text/*;q=0.3, */*;q=0.1", 200),
    ("not acceptable", "image/png, image/webp;q=0.8", 406),
];

fn negotiation(criterion: &mut Criterion) {
    let service = Application::new("words").mount(Word).build().expect("a service");
    let mut group = criterion.benchmark_group("negotiation");
    group.bench_function("no Accept", |bencher| {
        support::measure(bencher, &service, 200, |_| support::get("/word", &[]));
    });
    for (name, value, status) in ACCEPT {
        group.bench_function(name, |bencher| {
            let fields = [("accept", value)];
            support::measure(bencher, &service, status, |_| support::get("/word", &fields));
        });
    }
    // Values that were not seen before have to be parsed.
    group.bench_function("a browser, each value new", |bencher| {
        support::measure(bencher, &service, 200, |position| {
            let accept = format!("{BROWSER}, application/{position}");
            support::get("/word", &[("accept", &accept)])
        });
    });
    group.finish();
}

criterion_group!(benches, negotiation);
criterion_main!(benches);
