//! Byte ranges, from `t/apache/byterange3.t` to `byterange7.t` of apache/httpd-tests.

use super::{Part, client, parts, ranges};

/// Numbers of four digits, one after the other.
fn numbers(count: usize) -> String {
    (1..=count).map(|number| format!("{number:04}")).collect()
}

/// The ends of a range, inclusive, as a `Range` field states them for content of this length.
fn ends(spec: &str, length: usize) -> (usize, usize) {
    let number = |text: &str| text.parse::<usize>().expect("a number");
    match spec.split_once('-').expect("a range") {
        ("", count) => (length - number(count), length - 1),
        (first, "") => (number(first), length - 1),
        (first, last) => (number(first), number(last)),
    }
}

#[tokio::test]
async fn each_range_between_the_borders_of_buffers_is_sent() {
    let content = numbers(2000);
    let (client, length) = (client(&content), content.len());
    let borders = [0, 1, 2, 198, 199, 200, 201, 598, 599, 600, 601];
    let from_end = [202, 201, 200, 199, 2, 1].map(|distance| length - distance);
    let borders: Vec<_> = borders.into_iter().chain(from_end).collect();
    for first in &borders {
        for last in borders.iter().filter(|last| *last >= first) {
            let response = ranges(&client, &format!("bytes={first}-{last}")).await;
            assert_eq!(parts(&response), [Part::of(&content, *first, *last)]);
        }
    }
}

/// The ranges, in the order of the request. Apache may also send them in another order.
const SEVERAL: [&str; 5] = [
    "0-1,1000-1001",
    "1000-1100,100-200",
    "1000-1100,100-200,2000-2200",
    "1000-1100,100-200,2000-",
    "3000-,100-200,2000-2200",
];

/// Ranges that overlap or touch. Apache merges them; the standard allows to send each as it was requested (RFC 9110,
/// section 15.3.7.2).
const OVERLAPPING: [&str; 20] = [
    "0-100,70-100,1000-1001",
    "0-90,70-100,1000-1001,5-6",
    "1-70,70-100,1000-1001",
    "1-70,71-100,1000-1001",
    "1-70,69-100,1000-1001",
    "1-70,0-100,1000-1001",
    "0-70,72-100,1000-1001",
    "0-100,0-99,1000-1001",
    "0-100,0-100,1000-1001",
    "0-100,0-101,1000-1001",
    "0-100,50-101,1000-1001",
    "1-10,1-9,99-99",
    "1-10,0-13,99-99",
    "1-10,2-13,99-99",
    "10-20,1-9,99-99",
    "10-20,1-21,99-99",
    "5-10,11-12,99-99",
    "5-10,1-4,99-99",
    "5-10,1-3,99-99",
    "0-1,-1",
];

#[tokio::test]
async fn several_ranges_are_parts_in_the_order_of_the_request() {
    let content = numbers(2000);
    let client = client(&content);
    for list in SEVERAL.into_iter().chain(OVERLAPPING) {
        let response = ranges(&client, &format!("bytes={list}")).await;
        let expected = list.split(',').map(|spec| ends(spec, content.len()));
        let expected: Vec<_> =
            expected.map(|(first, last)| Part::of(&content, first, last)).collect();
        assert_eq!(parts(&response), expected, "{list}");
    }
}

#[tokio::test]
async fn the_length_of_several_parts_is_stated() {
    let content = numbers(10_000);
    let client = client(&content);
    // Apache sends 50 and 100 ranges, too. We ignore the field if it has more than 16 (section 14.2).
    for (count, status) in [(1, 206), (2, 206), (10, 206), (50, 200), (100, 200)] {
        let list = (0..count).map(|part| format!("{}-{}", part * 100, part * 100 + 1));
        let response =
            ranges(&client, &format!("bytes={}", list.collect::<Vec<_>>().join(","))).await;
        assert_eq!(response.status(), status, "{count}");
        let length = response.field("content-length").map(str::to_owned);
        assert!(length.is_none_or(|length| length == response.text().len().to_string()));
    }
}

#[tokio::test]
async fn an_invalid_field_is_ignored() {
    let content = numbers(10_000);
    let client = client(&content);
    for list in ["", ",", "7-1", "foo", "1-4,x", "1-4,5-2", "100000-110000,5-2"] {
        for range in [list.to_owned(), format!("bytes={list}")] {
            let response = ranges(&client, &range).await;
            assert_eq!(response.status(), 200, "{range}");
            assert!(response.text() == content, "{range}");
        }
    }
}

#[tokio::test]
async fn a_range_counts_as_far_as_it_overlaps_the_content() {
    let client = client(&numbers(10_000));
    for (list, status) in [
        ("100000-110000", 416),
        ("100000-110000,200000-", 416),
        ("1000-200000", 206),
        ("100000-110000,1000-2000", 206),
        ("100000-110000,2000-1000", 200),
    ] {
        assert_eq!(ranges(&client, &format!("bytes={list}")).await.status(), status, "{list}");
    }
}
