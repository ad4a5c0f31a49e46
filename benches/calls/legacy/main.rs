//! Calls of a service by the client of hyper-util, one after the other on one connection.
//!
//! The arguments are the URL of the service, the method, the number of calls; before these `--fields` to send the trace and the
//! time that is left, as ours does.

use std::{env, error::Error, net::IpAddr, time::Duration};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request,
    header::CONTENT_TYPE,
    http::{Result as HttpResult, request::Builder},
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

const TIMEOUT: Duration = Duration::from_secs(2);

type BoxError = Box<dyn Error + Send + Sync>;

#[derive(Deserialize, Serialize)]
struct Country {
    country_code: String,
}

struct Caller {
    client: Client<HttpConnector, Full<Bytes>>,
    url: String,
    with_fields: bool,
}

impl Caller {
    fn new(url: &str, with_fields: bool) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        connector.set_connect_timeout(Some(Duration::from_millis(250)));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(20))
            .build(connector);
        Self { client, url: url.to_owned(), with_fields }
    }

    fn request(&self, method: Method, ip: IpAddr) -> Builder {
        let request = Request::builder().method(method).uri(format!("{}1/{ip}", self.url));
        let request = request.header("x-caller", "bench");
        if !self.with_fields {
            return request;
        }
        let (trace, span) = (fastrand::u128(1..), fastrand::u64(1..));
        request
            .header("traceparent", format!("00-{trace:032x}-{span:016x}-01"))
            .header("x-request-timeout-ms", TIMEOUT.as_millis().to_string())
    }

    async fn send(&self, request: HttpResult<Request<Full<Bytes>>>) -> Result<Bytes, BoxError> {
        let request = request?;
        let exchange = async {
            let response = self.client.request(request).await?;
            if response.status().is_client_error() || response.status().is_server_error() {
                return Err(BoxError::from(response.status().as_str()));
            }
            Ok(response.into_body().collect().await?.to_bytes())
        };
        timeout(TIMEOUT, exchange).await?
    }

    async fn get(&self, ip: IpAddr) -> Result<Country, BoxError> {
        let content = self.send(self.request(Method::GET, ip).body(Full::default())).await?;
        Ok(serde_json::from_slice(&content)?)
    }

    async fn put(&self, ip: IpAddr, country: &Country) -> Result<(), BoxError> {
        let content = Full::from(serde_json::to_vec(country)?);
        let request =
            self.request(Method::PUT, ip).header(CONTENT_TYPE, "application/json").body(content);
        self.send(request).await?;
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    let arguments: Vec<String> = env::args().collect();
    let [.., url, method, calls] = &arguments[..] else { panic!("URL METHOD CALLS") };
    let caller = Caller::new(url, arguments.iter().any(|it| it == "--fields"));
    let ip = IpAddr::from([130, 59, 31, 80]);
    let country = Country { country_code: "CH".to_owned() };
    for _ in 0..calls.parse::<usize>().expect("a number") {
        match method.as_str() {
            "PUT" => caller.put(ip, &country).await?,
            _ => assert_eq!(caller.get(ip).await?.country_code, "CH"),
        }
    }
    Ok(())
}
