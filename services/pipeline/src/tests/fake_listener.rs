//! A listener of the tests: it notes what it is told, and responds as a test wants.

use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, Uri};
use http_body_util::{BodyExt, Full};
use tokio::{net::TcpListener, sync::watch};
use wsgiservice::{Application, mount, resource};
use wsgiservice_client::{Body, service_fn};

/// A listener of the tests. It is cheap to clone.
#[derive(Clone, Default)]
pub(super) struct FakeListener(Arc<Inner>);

#[derive(Default)]
struct Inner {
    received: Mutex<Vec<Delivery>>,
    /// The next responses; 200 after them.
    responses: Mutex<VecDeque<u16>>,
    held: watch::Sender<Held>,
}

/// Whether responses wait, and the statuses of those that do not, by their positions.
#[derive(Default)]
struct Held {
    is_held: bool,
    released: BTreeMap<usize, u16>,
}

/// A delivery.
#[derive(Clone, Debug)]
pub(super) struct Delivery {
    pub(super) target: Uri,
    pub(super) fields: HeaderMap,
    pub(super) content: Bytes,
}

impl FakeListener {
    /// What it was told.
    pub(super) fn received(&self) -> Vec<Delivery> {
        lock(&self.0.received).clone()
    }

    /// The contents that it was told.
    pub(super) fn contents(&self) -> Vec<String> {
        let text = |received: &Delivery| String::from_utf8_lossy(&received.content).into_owned();
        lock(&self.0.received).iter().map(text).collect()
    }

    /// Responds so next. A failure has a `Retry-After`, so that it is known when the next attempt is due.
    pub(super) fn respond(&self, statuses: &[u16]) {
        lock(&self.0.responses).extend(statuses);
    }

    /// Lets each response wait.
    pub(super) fn hold(&self) {
        self.0.held.send_modify(|held| held.is_held = true);
    }

    /// Lets the response to the delivery at this position go, with this status.
    pub(super) fn release(&self, position: usize, status: u16) {
        self.0.held.send_modify(|held| {
            held.released.insert(position, status);
        });
    }

    /// Lets all responses go.
    pub(super) fn release_all(&self) {
        self.0.held.send_modify(|held| held.is_held = false);
    }

    async fn listen(
        &self,
        target: Uri,
        fields: HeaderMap,
        content: Bytes,
    ) -> Response<Full<Bytes>> {
        let position = {
            let mut received = lock(&self.0.received);
            received.push(Delivery { target, fields, content });
            received.len() - 1
        };
        let mut held = self.0.held.subscribe();
        let is_free = |held: &Held| !held.is_held || held.released.contains_key(&position);
        let released =
            held.wait_for(is_free).await.expect("a test").released.get(&position).copied();
        let status = released.unwrap_or_else(|| lock(&self.0.responses).pop_front().unwrap_or(200));
        let mut response = Response::builder().status(status);
        if status >= 300 {
            response = response.header("retry-after", "100");
        }
        response.body(Full::from(if status < 300 { "" } else { "not now" })).expect("a response")
    }

    /// It as a service of this process.
    pub(super) fn service(
        &self,
    ) -> impl tower_service::Service<
        Request<Body>,
        Response = Response<Full<Bytes>>,
        Error = Infallible,
        Future: Send,
    > + Clone
    + Send
    + 'static {
        let fake = self.clone();
        service_fn(move |request: Request<Body>| {
            let fake = fake.clone();
            async move {
                let (head, content) = request.into_parts();
                let content = content.collect().await.expect("a content").to_bytes();
                Ok::<_, Infallible>(fake.listen(head.uri, head.headers, content).await)
            }
        })
    }

    /// It as a server on a loopback address, which is returned.
    pub(super) async fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
        let address = listener.local_addr().expect("an address").to_string();
        let application = Application::new("fake").mount(Hook { fake: self.clone() });
        tokio::spawn(application.serve_until(listener, std::future::pending()));
        address
    }
}

/// The listener as a resource.
#[mount("/{*path}")]
struct Hook {
    fake: FakeListener,
}

#[resource]
impl Hook {
    async fn post(
        &self,
        path: String,
        content: Bytes,
        request: &wsgiservice::Request,
    ) -> Response<Full<Bytes>> {
        drop(path);
        self.fake.listen(request.target().clone(), request.fields().clone(), content).await
    }
}

/// A cluster service that has all users in c1, but `gone`, who was removed.
pub(super) fn directory() -> impl tower_service::Service<
    Request<Body>,
    Response = Response<Full<Bytes>>,
    Error = Infallible,
    Future: Send,
> + Clone
+ Send
+ 'static {
    service_fn(|request: Request<Body>| async move {
        let is_gone = request.uri().path().ends_with("/gone");
        let content = r#"{"cluster":"c1","version":5,"state":"active","assigned":true}"#;
        let status = if is_gone { 410 } else { 200 };
        Ok::<_, Infallible>(
            Response::builder().status(status).body(Full::from(content)).expect("a response"),
        )
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("a test")
}
