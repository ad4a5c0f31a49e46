//! The job of `examples/geoip` on stock hyper, as a good engineer writes it in an afternoon.
//!
//! It responds to `GET` and `HEAD` with JSON. It validates, converts and looks up the address, and sends dates, as the
//! example does. It does not negotiate and has no documentation page. With the argument `--tagged`, it sends entity tags
//! and supports one precondition.

mod tag;

use std::{
    convert::Infallible,
    env,
    net::IpAddr,
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{
        ALLOW, CACHE_CONTROL, CONTENT_TYPE, EXPIRES, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS,
    },
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use regex::Regex;
use serde::Serialize;
use tokio::net::TcpListener;
use tor_geoip::GeoipDb;

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

struct Service {
    geoip: Arc<GeoipDb>,
    ip: Regex,
    is_tagged: bool,
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

impl Service {
    fn respond(&self, request: &Request<Incoming>) -> Response<Full<Bytes>> {
        let path = request.uri().path();
        let Some(ip) = path.strip_prefix("/1/").filter(|ip| !ip.is_empty() && !ip.contains('/'))
        else {
            let text = "The requested resource does not exist.";
            return problem(StatusCode::NOT_FOUND, "Not Found", None, text, path, &[]);
        };
        if request.method() != Method::GET && request.method() != Method::HEAD {
            let text = "Method Not Allowed";
            let mut response = problem(StatusCode::METHOD_NOT_ALLOWED, text, None, text, path, &[]);
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return response;
        }
        if !self.ip.is_match(ip) {
            let rule = format!("It must match {}.", pattern());
            return invalid(path, ip, "pattern", &rule);
        }
        let Ok(address) = ip.parse::<IpAddr>() else {
            return invalid(path, ip, "invalid", "It must be an IP address.");
        };
        let Some(code) = self.geoip.lookup_country_code(address.to_canonical()) else {
            return problem(StatusCode::NOT_FOUND, "Not Found", None, "Not Found", path, &[]);
        };
        let country = Country { country_code: code.to_string() };
        let content = serde_json::to_vec(&country).expect("JSON");
        if self.is_tagged { tag::found(request, content) } else { found(content) }
    }
}

fn found(content: Vec<u8>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(content));
    let fields = response.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    fields.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=31536000"));
    let expires = httpdate::fmt_http_date(SystemTime::now() + YEAR);
    fields.insert(EXPIRES, HeaderValue::try_from(expires).expect("a date"));
    fields.insert(VARY, HeaderValue::from_static("Accept"));
    fields.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn invalid(path: &str, ip: &str, code: &'static str, rule: &str) -> Response<Full<Bytes>> {
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
) -> Response<Full<Bytes>> {
    let problem = Problem {
        r#type: "about:blank",
        title,
        status: status.as_u16(),
        detail,
        instance,
        errors,
        error,
    };
    let content = serde_json::to_vec(&problem).expect("JSON");
    let mut response = Response::new(Full::from(content));
    *response.status_mut() = status;
    let fields = response.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    fields.insert(VARY, HeaderValue::from_static("Accept"));
    fields.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn pattern() -> &'static str {
    r"[0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*"
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let ip = Regex::new(&format!(r"\A(?:{})\z", pattern())).expect("an expression");
    let is_tagged = env::args().any(|argument| argument == "--tagged");
    let service = Arc::new(Service { geoip: GeoipDb::new_embedded(), ip, is_tagged });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("by-hand-hyper listens on http://{}/", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let service = Arc::clone(&service);
        tokio::spawn(async move {
            let respond = service_fn(|request| {
                let response = service.respond(&request);
                async move { Ok::<_, Infallible>(response) }
            });
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), respond).await;
        });
    }
}
