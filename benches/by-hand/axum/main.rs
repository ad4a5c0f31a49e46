//! The job of `examples/geoip` on axum, written as the axum documentation shows.
//!
//! It responds to `GET` and `HEAD` with JSON. It validates, converts and looks up the address, and sends dates, as the
//! example does. It does not negotiate and has no documentation page.

use std::{
    net::IpAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    extract::{Path, State},
    http::{
        HeaderName, HeaderValue, StatusCode, Uri,
        header::{CACHE_CONTROL, CONTENT_TYPE, EXPIRES, VARY, X_CONTENT_TYPE_OPTIONS},
    },
    response::{IntoResponse, Response},
    routing::get,
};
use regex::Regex;
use serde::Serialize;
use tor_geoip::GeoipDb;

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

struct Service {
    geoip: Arc<GeoipDb>,
    ip: Regex,
}

#[derive(Serialize)]
struct Country {
    country_code: String,
}

#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    instance: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Violation],
    error: &'a str,
}

#[derive(Serialize)]
struct Violation {
    name: &'static str,
    r#in: &'static str,
    code: &'static str,
    detail: String,
}

async fn country(
    State(service): State<Arc<Service>>,
    Path(ip): Path<String>,
    uri: Uri,
) -> Response {
    if !service.ip.is_match(&ip) {
        return invalid(uri.path(), &ip, "pattern", &format!("It must match {}.", pattern()));
    }
    let Ok(address) = ip.parse::<IpAddr>() else {
        return invalid(uri.path(), &ip, "invalid", "It must be an IP address.");
    };
    match service.geoip.lookup_country_code(address.to_canonical()) {
        Some(code) => found(&Country { country_code: code.to_string() }),
        None => problem(StatusCode::NOT_FOUND, "Not Found", None, "Not Found", uri.path(), &[]),
    }
}

fn found(country: &Country) -> Response {
    let expires = httpdate::fmt_http_date(SystemTime::now() + YEAR);
    let expires = HeaderValue::try_from(expires).expect("a date");
    let fields = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("max-age=31536000")),
        (EXPIRES, expires),
        (VARY, HeaderValue::from_static("Accept")),
        NOSNIFF,
    ];
    (fields, serde_json::to_vec(country).expect("JSON")).into_response()
}

const NOSNIFF: (HeaderName, HeaderValue) =
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));

fn invalid(path: &str, ip: &str, code: &'static str, rule: &str) -> Response {
    let text = format!("ip value {ip} does not validate.");
    let detail = format!("{text} {rule}");
    let errors = [Violation { name: "ip", r#in: "path", code, detail }];
    problem(StatusCode::BAD_REQUEST, "Bad Request", Some(&text), &text, path, &errors)
}

fn problem(
    status: StatusCode,
    title: &'static str,
    detail: Option<&str>,
    error: &str,
    instance: &str,
    errors: &[Violation],
) -> Response {
    let (r#type, status_code) = ("about:blank", status.as_u16());
    let problem = Problem { r#type, title, status: status_code, detail, instance, errors, error };
    let fields = [
        (CONTENT_TYPE, HeaderValue::from_static("application/problem+json")),
        (VARY, HeaderValue::from_static("Accept")),
        NOSNIFF,
    ];
    (status, fields, serde_json::to_vec(&problem).expect("JSON")).into_response()
}

async fn nothing(uri: Uri) -> Response {
    let text = "The requested resource does not exist.";
    problem(StatusCode::NOT_FOUND, "Not Found", None, text, uri.path(), &[])
}

fn pattern() -> &'static str {
    r"[0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*"
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let ip = Regex::new(&format!(r"\A(?:{})\z", pattern())).expect("an expression");
    let service = Arc::new(Service { geoip: GeoipDb::new_embedded(), ip });
    let router = Router::new().route("/1/{ip}", get(country)).fallback(nothing).with_state(service);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("by-hand-axum listens on http://{}/", listener.local_addr()?);
    axum::serve(listener, router).await
}
