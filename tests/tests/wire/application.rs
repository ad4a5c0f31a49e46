//! Applications: mounting, nesting, layers, and running inside a host.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tower_layer::layer_fn;
use wsgiservice::{
    Application, mount, resource,
    server::{LayerService, Settings},
};

use super::strict;

#[mount("/one/{a}")]
struct One;

#[resource]
impl One {
    fn get(&self, a: u32) -> u32 {
        a
    }
}

#[mount("/one/{b}")]
struct Other;

#[resource]
impl Other {
    fn get(&self, b: u32) -> u32 {
        b
    }
}

#[mount("/two")]
struct Two;

#[resource]
impl Two {
    fn get(&self) -> &'static str {
        "two"
    }
}

#[mount("/late")]
#[validate(number, re = "[a-z]+")]
struct Late;

#[resource]
impl Late {
    fn get(&self, #[validate(default = "1")] number: String) -> String {
        number
    }
}

/// The names of the layers that saw a request, in order.
type Seen = Arc<Mutex<Vec<&'static str>>>;

fn layered(application: Application, name: &'static str, seen: &Seen) -> Application {
    let seen = Arc::clone(seen);
    application.layer(layer_fn(move |inner: LayerService| Watch {
        inner,
        name,
        seen: Arc::clone(&seen),
    }))
}

#[derive(Clone)]
struct Watch {
    inner: LayerService,
    name: &'static str,
    seen: Seen,
}

impl tower_service::Service<http::Request<wsgiservice::content::Body>> for Watch {
    type Response = http::Response<wsgiservice::content::Body>;
    type Error = wsgiservice::content::BoxError;
    type Future =
        <LayerService as tower_service::Service<http::Request<wsgiservice::content::Body>>>::Future;

    fn poll_ready(
        &mut self,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: http::Request<wsgiservice::content::Body>) -> Self::Future {
        self.seen.lock().expect("not poisoned").push(self.name);
        self.inner.call(request)
    }
}

fn seen(seen: &Seen) -> Vec<&'static str> {
    std::mem::take(&mut *seen.lock().expect("not poisoned"))
}

#[test]
fn one_error_reports_all_conflicts_with_both_resources() {
    let nested = Application::new("nested").mount(Two);
    let application = Application::new("conflicts").mount(One).mount(Other).mount(Two).mount(Late);
    let error = application.nest("", nested).build().expect_err("conflicts");
    let reasons: Vec<_> = error.reasons().collect();
    assert_eq!(
        reasons,
        [
            "`One` at `/one/{a}` and `Other` at `/one/{b}` match the same targets",
            "`Late` at `/late`: `GET`, parameter `number`: the default \"1\" violates a rule. It must match [a-z]+.",
            "`Two` is mounted twice at `/two`: remove one of the two, or mount it under another prefix",
        ]
    );
}

#[test]
fn a_prefix_must_be_a_path() {
    let application = Application::new("all").nest("api", Application::new("nested").mount(Two));
    let error = application.nest("/other", Application::new("nested").mount(Two)).build();
    let error = error.expect_err("an invalid path");
    assert_eq!(
        error.to_string(),
        "`Two` at `api/two`: a path must start with `/` (at character 0)"
    );
}

#[tokio::test]
async fn nested_resources_are_mounted_under_their_prefix() {
    let application =
        Application::new("all").nest("/nested", Application::new("nested").mount(Two));
    let client = strict(application);
    assert_eq!(client.get("/nested/two").send().await.text(), r#""two""#);
    assert_eq!(client.get("/two").send().await.status(), 404);
}

#[tokio::test]
async fn the_last_added_layer_runs_first() {
    let log = Seen::default();
    let application = Application::new("layers").mount(Two);
    let application = layered(layered(application, "first", &log), "last", &log);
    assert_eq!(strict(application).get("/two").send().await.status(), 200);
    assert_eq!(seen(&log), ["last", "first"]);
}

#[tokio::test]
async fn layers_of_a_nested_application_apply_only_to_its_resources() {
    let log = Seen::default();
    let innermost = layered(Application::new("innermost").mount(One), "innermost", &log);
    let nested =
        layered(Application::new("nested").mount(Two).nest("/in", innermost), "nested", &log);
    let outer = Application::new("outer").mount(Two).nest("/nested", nested);
    let client = strict(layered(outer, "outer", &log));

    for (target, layers) in [
        ("/two", &["outer"][..]),
        ("/nested/two", &["outer", "nested"]),
        ("/nested/in/one/1", &["outer", "nested", "innermost"]),
    ] {
        assert_eq!(client.get(target).send().await.status(), 200);
        assert_eq!(seen(&log), layers, "{target}");
    }
}

#[tokio::test]
async fn tower_http_layers_are_supported() {
    use http::{HeaderName, HeaderValue};
    use tower_http::{set_header::SetResponseHeaderLayer, trace::TraceLayer};

    let (name, value) = (HeaderName::from_static("x-by"), HeaderValue::from_static("layer"));
    let application = Application::new("tower")
        .mount(Two)
        .layer(TraceLayer::new_for_http())
        .layer(SetResponseHeaderLayer::overriding(name, value));
    let response = strict(application).get("/two").send().await;
    assert_eq!(response.text(), r#""two""#);
    assert_eq!(response.field("x-by"), Some("layer"));
}

/// Sends a request and reads the response until the server closes the connection.
async fn exchange(address: std::net::SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut response = String::new();
    stream.read_to_string(&mut response).await.expect("a response");
    response
}

#[tokio::test]
async fn an_application_runs_inside_axum() {
    let service = Application::new("inside").mount(Two).build().expect("a service");
    let router = axum::Router::new().nest_service("/inside", service);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let response = exchange(
        address,
        "GET /inside/two HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    assert!(response.ends_with("\r\n\r\n\"two\""), "{response}");
    server.abort();
}

#[tokio::test]
async fn an_application_serves_a_listener() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(Application::new("serve").mount(Two).serve(listener));
    let request = "GET /two.xml HTTP/1.1\r\nhost: localhost\r\n\r\nGET /two HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    let response = exchange(address, request).await;
    assert!(response.contains("<response>two</response>"), "{response}");
    assert!(response.ends_with("\"two\""), "{response}");
    assert!(response.contains("\r\ndate: "), "{response}");
    server.abort();
}

#[tokio::test]
async fn run_within_a_runtime_is_an_error_that_names_serve() {
    let application = Application::new("two").mount(Two);
    let error = application.run_with(Settings::default()).expect_err("an error");
    assert!(error.to_string().contains("await `application.serve(listener)`"), "{error}");
}

#[tokio::test]
async fn connections_are_closed_if_the_future_of_the_server_is_dropped() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = tokio::spawn(Application::new("two").mount(Two).serve(listener));
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    stream.write_all(b"GET /two HTTP/1.1\r\nhost: localhost\r\n\r\n").await.expect("sent");
    assert!(stream.read(&mut [0; 1 << 12]).await.expect("a response") > 0);

    server.abort();
    assert!(server.await.is_err_and(|error| error.is_cancelled()));
    assert_eq!(stream.read(&mut [0; 1]).await.expect("the end"), 0);
}

/// Values that only the type itself can refuse.
#[mount("/dates")]
#[validate(day, example = "soon")]
struct Dates;

#[resource]
impl Dates {
    fn get(&self, day: jiff::civil::Date) -> String {
        day.to_string()
    }

    fn post(
        &self,
        #[validate(default = "2026-13-01")] day: jiff::civil::Date,
        #[validate(one_of = ["2026-11-24", "never"])] other: jiff::civil::Date,
    ) -> String {
        format!("{day}{other}")
    }

    fn last_modified(&self, day: jiff::civil::Date) -> Option<std::time::SystemTime> {
        let _ = day;
        None
    }
}

#[test]
fn a_value_that_does_not_convert_is_an_error_with_its_method_and_parameter() {
    let error = Application::new("dates").mount(Dates).build().expect_err("values");
    let reasons: Vec<_> = error.reasons().collect();
    assert_eq!(
        reasons,
        [
            "`Dates` at `/dates`: `GET`, parameter `day`: the example \"soon\" does not convert to its type",
            "`Dates` at `/dates`: `POST`, parameter `day`: the default \"2026-13-01\" does not convert to its type",
            "`Dates` at `/dates`: `POST`, parameter `other`: \"never\" in `one_of` does not convert to its type",
            "`Dates` at `/dates`: hook `last_modified`, parameter `day`: the example \"soon\" does not convert to its type",
        ]
    );
}
