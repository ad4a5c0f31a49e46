//! Names that are looked up, over sockets.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::{Cluster, ErrorKind, RestClient, Topology};

/// The port of a server that responds to each request with its name.
async fn serve(address: &str, name: &'static str) -> u16 {
    let listener = TcpListener::bind(address).await.expect("a socket");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 4096];
            assert!(stream.read(&mut head).await.expect("a request") > 0);
            let response = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{name}",
                name.len()
            );
            stream.write_all(response.as_bytes()).await.expect("a response");
        }
    });
    port
}

fn topology(url: &str) -> Topology {
    let text = format!("version = 1\n[clusters.c1]\n[services.label]\nc1 = ['{url}']");
    Topology::parse("t.toml", &text).expect("a topology")
}

async fn get(client: &RestClient) -> crate::Result<String> {
    client.get("label", Cluster("c1"), "/").await?.text().await
}

#[tokio::test]
async fn each_address_of_a_host_is_an_endpoint() {
    let port = serve("127.0.0.1:0", "local").await;
    let client = RestClient::builder().topology(topology(&format!("http://localhost:{port}")));
    let client = client.build().expect("a client");
    let response = client.get("label", Cluster("c1"), "/").await.expect("a response");
    assert_eq!(response.endpoint(), format!("http://127.0.0.1:{port}"));
    assert_eq!(response.text().await.expect("text"), "local");
}

/// A server of etcd that has this response to all questions.
async fn etcd(content: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a socket");
    let port = listener.local_addr().expect("an address").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut question = vec![0; 4096];
            let length = stream.read(&mut question).await.expect("a question");
            let question = String::from_utf8_lossy(&question[..length]).into_owned();
            assert!(question.starts_with("POST /v3/kv/range HTTP/1.1"), "{question}");
            // `services/label/c1/` and `services/label/c10`.
            assert!(
                question.contains(
                    r#"{"key":"c2VydmljZXMvbGFiZWwvYzEv","range_end":"c2VydmljZXMvbGFiZWwvYzEw"}"#
                ),
                "{question}"
            );
            let length = content.len();
            let response = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{content}"
            );
            stream.write_all(response.as_bytes()).await.expect("a response");
        }
    });
    port
}

#[tokio::test]
async fn endpoints_are_registered_in_etcd() {
    use base64::{Engine, engine::general_purpose::STANDARD};

    let port = serve("127.0.0.1:0", "registered").await;
    let value = STANDARD.encode(format!("http://127.0.0.1:{port}"));
    let server =
        etcd(format!(r#"{{"kvs":[{{"key":"eA==","value":"{value}"}}],"count":"1"}}"#)).await;
    let url = format!("etcd://127.0.0.1:{server}/services/label/c1");
    let client = RestClient::builder().topology(topology(&url)).build().expect("a client");
    assert_eq!(get(&client).await.expect("a response"), "registered");
}

#[tokio::test]
async fn a_prefix_without_keys_has_no_endpoint() {
    let server = etcd("{}".to_owned()).await;
    let url = format!("etcd://127.0.0.1:{server}/services/label/c1");
    let client = RestClient::builder().topology(topology(&url)).build().expect("a client");
    assert_eq!(get(&client).await.expect_err("nowhere").kind(), ErrorKind::NoEndpoint);
}

#[tokio::test]
async fn a_name_that_cannot_be_looked_up_has_no_endpoint() {
    let client = RestClient::builder().topology(topology("http://nowhere.invalid:1"));
    let error = get(&client.build().expect("a client")).await.expect_err("nowhere");
    assert_eq!((error.kind(), error.may_have_executed()), (ErrorKind::NoEndpoint, false));
}

#[cfg(feature = "dns")]
#[tokio::test]
async fn the_targets_of_srv_records_with_the_lowest_priority_are_endpoints() {
    let first = serve("127.0.0.1:0", "first").await;
    let second = serve("127.0.0.1:0", "second").await;
    let dns = dns::serve(vec![(10, first), (20, second)]).await;
    let mut builder = RestClient::builder().topology(topology("dns+srv://_label._tcp.test"));
    builder.resolver = dns;
    let client = builder.build().expect("a client");
    for _ in 0..5 {
        assert_eq!(get(&client).await.expect("a response"), "first");
    }
}

#[cfg(feature = "dns")]
#[tokio::test]
async fn several_targets_of_one_priority_share_the_calls() {
    let ports = [serve("127.0.0.1:0", "a").await, serve("127.0.0.1:0", "b").await];
    let dns = dns::serve(ports.map(|port| (10, port)).to_vec()).await;
    let mut builder = RestClient::builder().topology(topology("dns+srv://_label._tcp.test"));
    builder.resolver = dns;
    let client = builder.build().expect("a client");
    let mut names = std::collections::BTreeSet::new();
    for _ in 0..100 {
        names.insert(get(&client).await.expect("a response"));
    }
    assert_eq!(names.into_iter().collect::<Vec<_>>(), ["a", "b"]);
}

/// A name server that knows one service.
#[cfg(feature = "dns")]
mod dns {
    use std::net::Ipv4Addr;

    use hickory_resolver::{
        TokioResolver,
        config::{ConnectionConfig, NameServerConfig, ResolverConfig},
        net::runtime::TokioRuntimeProvider,
        proto::{
            op::{Message, MessageType, ResponseCode},
            rr::{
                Name, RData, Record, RecordType,
                rdata::{A, SRV},
            },
        },
    };
    use tokio::net::UdpSocket;

    use crate::directory::Resolver;

    /// A resolver that asks a name server for these ports, each with its priority.
    pub(super) async fn serve(targets: Vec<(u16, u16)>) -> Resolver {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        let port = socket.local_addr().expect("an address").port();
        tokio::spawn(async move {
            let mut packet = [0; 512];
            while let Ok((length, client)) = socket.recv_from(&mut packet).await {
                let response = respond(&packet[..length], &targets);
                socket.send_to(&response, client).await.expect("sent");
            }
        });
        let mut connection = ConnectionConfig::udp();
        connection.port = port;
        let server = NameServerConfig::new(Ipv4Addr::LOCALHOST.into(), true, vec![connection]);
        let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
        let resolver = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        Resolver::with(resolver.build().expect("a resolver"))
    }

    fn respond(packet: &[u8], targets: &[(u16, u16)]) -> Vec<u8> {
        let mut message = Message::from_vec(packet).expect("a query");
        message.metadata.message_type = MessageType::Response;
        message.metadata.response_code = ResponseCode::NoError;
        let query = message.queries[0].clone();
        let name = query.name().clone();
        let host = Name::from_ascii("host.test.").expect("a name");
        match query.query_type() {
            RecordType::SRV => {
                for (priority, port) in targets {
                    let srv = SRV::new(*priority, 1, *port, host.clone());
                    message.add_answer(Record::from_rdata(name.clone(), 60, RData::SRV(srv)));
                }
            }
            RecordType::A => {
                let address = RData::A(A(Ipv4Addr::LOCALHOST));
                message.add_answer(Record::from_rdata(name, 60, address));
            }
            _ => {}
        }
        message.to_vec().expect("a response")
    }
}
