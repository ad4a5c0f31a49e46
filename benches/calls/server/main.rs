//! The service that the programs call, on stock hyper.
//!
//! It responds to `GET` as the other programs of the benchmark do for an address that they know, and to `PUT` after it has
//! read the content.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CACHE_CONTROL, CONTENT_TYPE, EXPIRES, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, hyper::Error> {
    if request.method() == Method::PUT {
        request.into_body().collect().await?;
        let mut response = Response::new(Full::default());
        *response.status_mut() = StatusCode::NO_CONTENT;
        return Ok(response);
    }
    let mut response = Response::new(Full::from(r#"{"country_code":"CH"}"#));
    let fields = response.headers_mut();
    fields.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    fields.insert(CACHE_CONTROL, HeaderValue::from_static("max-age=31536000"));
    let expires = httpdate::fmt_http_date(SystemTime::now() + YEAR);
    fields.insert(EXPIRES, HeaderValue::try_from(expires).expect("a date"));
    fields.insert(VARY, HeaderValue::from_static("Accept"));
    fields.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("calls-server listens on http://{}/", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            let _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service_fn(answer))
                .await;
        });
    }
}
