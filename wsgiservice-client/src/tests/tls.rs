//! TLS and HTTP/2, over sockets.

use std::{
    convert::Infallible,
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use http::{Request, Response, Version};
use http_body_util::Full;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::WebPkiClientVerifier,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Barrier,
    time::Instant,
};
use tokio_rustls::TlsAcceptor;

use crate::{Cluster, ErrorKind, RestClient, Topology};

/// A server with TLS, which responds with the authority that it was asked for, but never to `/hang`.
struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
}

/// How a server is set up.
struct Setup<'a> {
    certificate: &'a CertifiedKey<KeyPair>,
    /// What clients must have.
    client: Option<&'a CertifiedKey<KeyPair>>,
    is_http2: bool,
    /// How many connections after the first one the server waits for.
    together: usize,
}

impl<'a> Setup<'a> {
    fn new(certificate: &'a CertifiedKey<KeyPair>) -> Self {
        Self { certificate, client: None, is_http2: false, together: 1 }
    }
}

async fn serve(setup: Setup<'_>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let port = listener.local_addr().expect("an address").port();
    let connections = Arc::new(AtomicUsize::new(0));
    let acceptor = TlsAcceptor::from(Arc::new(config(&setup)));
    let (counted, is_http2) = (Arc::clone(&connections), setup.is_http2);
    let together = Arc::new(Barrier::new(setup.together));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let is_first = counted.fetch_add(1, Ordering::Relaxed) == 0;
            let (acceptor, together) = (acceptor.clone(), Arc::clone(&together));
            tokio::spawn(async move {
                if !is_first {
                    together.wait().await;
                }
                connection(acceptor, stream, is_http2).await;
            });
        }
    });
    Server { port, connections }
}

fn config(setup: &Setup<'_>) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions().expect("versions");
    let builder = match setup.client {
        None => builder.with_no_client_auth(),
        Some(client) => {
            let mut roots = RootCertStore::empty();
            roots.add(der(client)).expect("a root");
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
        }
    };
    let key = setup.certificate.signing_key.serialize_pem();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).expect("a key");
    let config = builder.with_single_cert(vec![der(setup.certificate)], key);
    let mut config = config.expect("a configuration");
    config.alpn_protocols = match setup.is_http2 {
        true => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        false => vec![b"http/1.1".to_vec()],
    };
    config
}

fn der(certificate: &CertifiedKey<KeyPair>) -> CertificateDer<'static> {
    certificate.cert.der().clone()
}

async fn connection(acceptor: TlsAcceptor, stream: TcpStream, is_http2: bool) {
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let stream = TokioIo::new(stream);
    let result = match is_http2 {
        true => {
            let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            server.serve_connection(stream, service_fn(authority)).await
        }
        false => {
            let server = hyper::server::conn::http1::Builder::new();
            server.serve_connection(stream, service_fn(authority)).await
        }
    };
    result.unwrap_or_default();
}

async fn authority(request: Request<Incoming>) -> Result<Response<Full<bytes::Bytes>>, Infallible> {
    if request.uri().path() == "/hang" {
        std::future::pending::<()>().await;
    }
    let host = request.headers().get("host").map(|host| host.to_str().unwrap_or_default());
    let text =
        format!("{:?} {host:?}", request.uri().authority().map(http::uri::Authority::as_str));
    Ok(Response::new(Full::new(text.into())))
}

fn certificate(name: &str) -> CertifiedKey<KeyPair> {
    generate_simple_self_signed([name.to_owned()]).expect("a certificate")
}

/// A client of the service `label`, which trusts the certificate.
fn client(folder: &Path, port: u16, trusted: &CertifiedKey<KeyPair>, tls: &str) -> RestClient {
    fs::write(folder.join("ca.pem"), trusted.cert.pem()).expect("a file");
    let text = format!(
        "version = 1\n[clusters.c1]\n[services.label]\ntimeout_ms = 5000\nconnect_timeout_ms = 5000\n\
         c1 = ['https://127.0.0.1:{port}']\n[tls]\nca = 'ca.pem'\n{tls}"
    );
    let path = folder.join("topology.toml");
    fs::write(&path, text).expect("a file");
    RestClient::from_file(path).expect("a client")
}

#[tokio::test]
async fn a_certificate_has_the_name_of_the_service() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, is_right) in [("label", true), ("storage", false)] {
        let certificate = certificate(name);
        let setup = Setup::new(&certificate);
        let client = client(folder.path(), serve(setup).await.port, &certificate, "");
        match client.post("label", Cluster("c1"), "/").await {
            Ok(response) => {
                assert!(is_right, "{name}");
                assert_eq!(response.text().await.expect("text"), "None Some(\"label\")");
            }
            Err(error) => {
                assert!(!is_right, "{name}: {error}");
                assert_eq!((error.kind(), error.may_have_executed()), (ErrorKind::Connect, false));
            }
        }
    }
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let (own, other) = (certificate("label"), certificate("label"));
    let setup = Setup::new(&own);
    let client = client(folder.path(), serve(setup).await.port, &other, "");
    let error = client.get("label", Cluster("c1"), "/").await.expect_err("not trusted");
    assert_eq!(error.kind(), ErrorKind::Connect);
}

#[tokio::test]
async fn calls_at_the_same_time_share_a_connection_of_http2() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = certificate("label");
    let setup = Setup { is_http2: true, ..Setup::new(&certificate) };
    let server = serve(setup).await;
    let client = client(folder.path(), server.port, &certificate, "");
    let calls: Vec<_> = (0..50).map(|_| client.get("label", Cluster("c1"), "/").send()).collect();
    for response in join_all(calls).await {
        let response = response.expect("a response");
        assert_eq!(response.version(), Version::HTTP_2);
        // `:authority` is the service, and there is no `Host` beside it (RFC 9113, section 8.3.1).
        assert_eq!(response.text().await.expect("text"), "Some(\"label\") None");
    }
    assert_eq!(server.connections.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_client_can_have_a_certificate_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let (own, clients) = (certificate("label"), certificate("client"));
    fs::write(folder.path().join("client.pem"), clients.cert.pem()).expect("a file");
    fs::write(folder.path().join("client.key"), clients.signing_key.serialize_pem())
        .expect("a file");
    let setup = Setup { client: Some(&clients), is_http2: true, ..Setup::new(&own) };
    let server = serve(setup).await;
    let identity = "certificate = 'client.pem'\nkey = 'client.key'";
    for (tls, is_right) in [(identity, true), ("", false)] {
        let client = client(folder.path(), server.port, &own, tls);
        let result = client.get("label", Cluster("c1"), "/").await;
        assert_eq!(result.is_ok(), is_right, "{result:?}");
    }
}

#[tokio::test]
async fn files_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("topology.toml");
    fs::write(&path, "version = 1\n[clusters.c1]\n[tls]\nca = 'ca.pem'").expect("a file");
    let ca = folder.path().join("ca.pem");
    for (content, problem) in
        [(None, "No such file or directory (os error 2)"), (Some("x"), "no certificate in it")]
    {
        if let Some(content) = content {
            fs::write(&ca, content).expect("a file");
        }
        let error = RestClient::from_file(&path).expect_err("no certificate");
        assert_eq!(error.to_string(), format!("cannot use {}: {problem}", ca.display()));
    }
}

#[tokio::test]
async fn a_new_certificate_is_used_after_a_reload() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = (certificate("label"), certificate("label"));
    let setup = Setup { is_http2: true, ..Setup::new(&new) };
    let server = serve(setup).await;
    let client = client(folder.path(), server.port, &old, "");
    client.get("label", Cluster("c1"), "/").await.expect_err("not trusted");

    fs::write(folder.path().join("ca.pem"), new.cert.pem()).expect("a file");
    client.reload().await.expect("a topology");
    client.get("label", Cluster("c1"), "/").await.expect("a response");
}

#[tokio::test]
async fn a_certificate_that_changes_together_with_a_mistake_is_used_when_that_is_mended() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = (certificate("label"), certificate("label"));
    let server = serve(Setup::new(&new)).await;
    let client = client(folder.path(), server.port, &old, "");
    let path = folder.path().join("topology.toml");
    let text = fs::read_to_string(&path).expect("a file");

    fs::write(folder.path().join("ca.pem"), new.cert.pem()).expect("a file");
    fs::write(&path, "what?").expect("a file");
    client.reload().await.expect_err("a mistake");
    fs::write(&path, text).expect("a file");
    client.reload().await.expect("a topology");
    client.get("label", Cluster("c1"), "/").await.expect("a response");
}

#[tokio::test]
async fn files_that_come_after_the_topology_are_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("topology.toml");
    let empty = "version = 1\n[clusters.c1]\n";
    fs::write(&path, empty).expect("a file");
    let client = RestClient::from_file(&path).expect("a client");
    fs::write(&path, format!("{empty}[services.label]\n[tls]\nca = 'ca.pem'")).expect("a file");
    client.reload().await.expect_err("no certificate");
    fs::write(folder.path().join("ca.pem"), certificate("label").cert.pem()).expect("a file");
    client.reload().await.expect("a topology");
    assert_eq!(client.topology().services().collect::<Vec<_>>(), ["label"]);
}

#[tokio::test]
async fn a_call_that_ends_late_closes_no_connection_that_has_responses() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = certificate("label");
    let server = serve(Setup { is_http2: true, ..Setup::new(&certificate) }).await;
    let client = client(folder.path(), server.port, &certificate, "");
    let get = || async {
        let response = client.get("label", Cluster("c1"), "/").await.expect("a response");
        response.bytes().await.expect("content");
    };
    get().await;
    let late = |step: u64| {
        let call = client.get("label", Cluster("c1"), "/hang");
        tokio::spawn(call.timeout(Duration::from_millis(100 + 10 * step)).send())
    };
    for call in (0..20).map(late).collect::<Vec<_>>() {
        call.await.expect("a task").expect_err("late");
        get().await;
    }
    let connections = server.connections.load(Ordering::Relaxed);
    assert!(connections <= 3, "{connections} connections");
}

#[tokio::test]
async fn connections_of_http1_are_opened_side_by_side() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = certificate("label");
    let server = serve(Setup { together: 20, ..Setup::new(&certificate) }).await;
    let client = client(folder.path(), server.port, &certificate, "");
    let get = || client.get("label", Cluster("c1"), "/").send();
    // It holds the first connection.
    let _first = get().await.expect("a response");
    for result in join_all((0..20).map(|_| get()).collect::<Vec<_>>()).await {
        result.expect("a response");
    }
}

/// A client of an endpoint that accepts connections, and is silent.
async fn of_a_silent_endpoint() -> (TcpListener, RestClient) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let port = listener.local_addr().expect("an address").port();
    let topology = format!(
        "version = 1\n[clusters.c1]\n[services.label]\nattempts = 1\nc1 = ['https://127.0.0.1:{port}']"
    );
    let topology = Topology::parse("topology.toml", &topology).expect("a topology");
    let client = RestClient::builder().topology(topology).build().expect("a client");
    (listener, client)
}

#[tokio::test(start_paused = true)]
async fn calls_to_a_silent_endpoint_do_not_wait_for_each_other() {
    let (_listener, client) = of_a_silent_endpoint().await;
    let started = Instant::now();
    let calls: Vec<_> = (0..20).map(|_| client.post("label", Cluster("c1"), "/").send()).collect();
    for result in join_all(calls).await {
        let error = result.expect_err("a silent endpoint");
        assert_eq!((error.kind(), error.may_have_executed()), (ErrorKind::Connect, false));
    }
    assert!(started.elapsed() < Duration::from_millis(700), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_call_was_not_executed_if_it_is_late_before_there_is_a_connection() {
    let (_listener, client) = of_a_silent_endpoint().await;
    let call = client.post("label", Cluster("c1"), "/").timeout(Duration::from_millis(100));
    let error = call.await.expect_err("a silent endpoint");
    assert!(!error.may_have_executed(), "{error}");
}
