//! Calls of a service by reqwest, one after the other on one connection.
//!
//! The arguments are the URL of the service, the method, the number of calls; before these `--fields` to send the trace and the
//! time that is left, as ours does.

use std::{env, net::IpAddr, time::Duration};

use reqwest::{Client, Method, RequestBuilder, Result};
use serde::{Deserialize, Serialize};

const TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Deserialize, Serialize)]
struct Country {
    country_code: String,
}

struct Caller {
    client: Client,
    url: String,
    with_fields: bool,
}

impl Caller {
    fn new(url: &str, with_fields: bool) -> Result<Self> {
        let client = Client::builder()
            .timeout(TIMEOUT)
            .connect_timeout(Duration::from_millis(250))
            .pool_idle_timeout(Duration::from_secs(20))
            .build()?;
        Ok(Self { client, url: url.to_owned(), with_fields })
    }

    fn request(&self, method: Method, ip: IpAddr) -> RequestBuilder {
        let request = self.client.request(method, format!("{}1/{ip}", self.url));
        let request = request.header("x-caller", "bench");
        if !self.with_fields {
            return request;
        }
        let (trace, span) = (fastrand::u128(1..), fastrand::u64(1..));
        request
            .header("traceparent", format!("00-{trace:032x}-{span:016x}-01"))
            .header("x-request-timeout-ms", TIMEOUT.as_millis().to_string())
    }

    async fn get(&self, ip: IpAddr) -> Result<Country> {
        self.request(Method::GET, ip).send().await?.error_for_status()?.json().await
    }

    async fn put(&self, ip: IpAddr, country: &Country) -> Result<()> {
        let response = self.request(Method::PUT, ip).json(country).send().await?;
        response.error_for_status()?;
        Ok(())
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().collect();
    let [.., url, method, calls] = &arguments[..] else { panic!("URL METHOD CALLS") };
    let caller = Caller::new(url, arguments.iter().any(|it| it == "--fields"))?;
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
