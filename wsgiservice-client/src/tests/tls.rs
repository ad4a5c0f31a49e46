//! TLS and HTTP/2, over sockets.

use std::{
    convert::Infallible,
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
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
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::{Cluster, ErrorKind, RestClient};

/// A server with TLS, which responds with the authority that it was asked for.
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
}

async fn serve(setup: Setup<'_>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let port = listener.local_addr().expect("an address").port();
    let connections = Arc::new(AtomicUsize::new(0));
    let acceptor = TlsAcceptor::from(Arc::new(config(&setup)));
    let (counted, is_http2) = (Arc::clone(&connections), setup.is_http2);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            tokio::spawn(connection(acceptor.clone(), stream, is_http2));
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
        let setup = Setup { certificate: &certificate, client: None, is_http2: false };
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
    let setup = Setup { certificate: &own, client: None, is_http2: false };
    let client = client(folder.path(), serve(setup).await.port, &other, "");
    let error = client.get("label", Cluster("c1"), "/").await.expect_err("not trusted");
    assert_eq!(error.kind(), ErrorKind::Connect);
}

#[tokio::test]
async fn calls_at_the_same_time_share_a_connection_of_http2() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = certificate("label");
    let setup = Setup { certificate: &certificate, client: None, is_http2: true };
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
    let setup = Setup { certificate: &own, client: Some(&clients), is_http2: true };
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
    let setup = Setup { certificate: &new, client: None, is_http2: true };
    let server = serve(setup).await;
    let client = client(folder.path(), server.port, &old, "");
    client.get("label", Cluster("c1"), "/").await.expect_err("not trusted");

    fs::write(folder.path().join("ca.pem"), new.cert.pem()).expect("a file");
    client.reload().await.expect("a topology");
    client.get("label", Cluster("c1"), "/").await.expect("a response");
}

async fn hanging(request: Request<Incoming>) -> Result<Response<Full<bytes::Bytes>>, Infallible> {
    if request.uri().path() == "/hang" {
        std::future::pending::<()>().await;
    }
    Ok(Response::new(Full::new("x".into())))
}

#[tokio::test]
async fn r40_a_timeout_retires_its_own_connection_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = certificate("label");
    let setup = Setup { certificate: &certificate, client: None, is_http2: true };
    let acceptor = TlsAcceptor::from(Arc::new(config(&setup)));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let port = listener.local_addr().expect("x").port();
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
                server
                    .serve_connection(TokioIo::new(stream), service_fn(hanging))
                    .await
                    .unwrap_or_default();
            });
        }
    });
    let client = client(folder.path(), port, &certificate, "");
    client.get("label", Cluster("c1"), "/").await.expect("r").bytes().await.expect("c");
    let calls: Vec<_> = (0..20_u64)
        .map(|n| {
            tokio::spawn(
                client
                    .get("label", Cluster("c1"), "/hang")
                    .timeout(std::time::Duration::from_millis(100 + 10 * n))
                    .send(),
            )
        })
        .collect();
    for call in calls {
        call.await.expect("t").expect_err("late");
        client.get("label", Cluster("c1"), "/").await.expect("r").bytes().await.expect("c");
    }
    assert!(count.load(Ordering::Relaxed) <= 3, "{} connections", count.load(Ordering::Relaxed));
}

#[tokio::test]
async fn r41_connections_of_http1_are_opened_side_by_side() {
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = certificate("label");
    let setup = Setup { certificate: &certificate, client: None, is_http2: false };
    let acceptor = TlsAcceptor::from(Arc::new(config(&setup)));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let port = listener.local_addr().expect("x").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // A distance of 100 ms.
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                connection(acceptor, stream, false).await;
            });
        }
    });
    let client = client(folder.path(), port, &certificate, "");
    let started = std::time::Instant::now();
    let calls: Vec<_> = (0..40)
        .map(|_| {
            client
                .get("label", Cluster("c1"), "/")
                .timeout(std::time::Duration::from_secs(2))
                .send()
        })
        .collect();
    let failed = join_all(calls).await.into_iter().filter(Result::is_err).count();
    assert_eq!(failed, 0, "of 40, after {:?}", started.elapsed());
}
