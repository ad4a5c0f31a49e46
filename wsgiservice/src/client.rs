//! Calls to other services, on behalf of the request that is served.

use wsgiservice_client::{CallContext, RequestBuilder, RestClient};

use crate::{http::incoming::Request, site::current};

/// Lets calls to other services take over what the served request says: how long its client waits
/// (`X-Request-Timeout-Ms`), and the trace that it is part of (`traceparent`).
///
/// For the client, it is called once at the top of a method; for a call, on the call.
///
/// ```
/// use wsgiservice::{Application, Problem, Request, client::OnBehalfOf, mount, resource, testing};
/// use wsgiservice_client::{ClosestCluster, RestClient};
///
/// #[mount("/left")]
/// struct Left;
///
/// #[resource]
/// impl Left {
///     fn get(&self, request: &Request) -> Option<u128> {
///         Some(request.time_left()?.as_millis())
///     }
/// }
///
/// #[mount("/ask")]
/// struct Ask { client: RestClient }
///
/// #[resource]
/// impl Ask {
///     async fn get(&self, request: &Request) -> Result<u128, Problem> {
///         let client = self.client.on_behalf_of(request);
///         let response = client.get("left", ClosestCluster, "/left").await;
///         response.map_err(Problem::internal)?.json().await.map_err(Problem::internal)
///     }
/// }
///
/// # #[tokio::main]
/// # async fn main() -> wsgiservice::Result<()> {
/// let left = Application::new("left").mount(Left).build()?;
/// let client = RestClient::builder().service("left", left).build().unwrap();
/// let ask = testing::Client::new(Application::new("ask").mount(Ask { client }));
/// let response = ask.get("/ask").header("x-request-timeout-ms", "300").send().await;
/// assert!(response.json::<u128>() <= 300);
/// # Ok(())
/// # }
/// ```
pub trait OnBehalfOf {
    /// The same client, or the same call.
    type Output;

    /// Takes over the deadline and the trace of a request.
    fn on_behalf_of(self, request: &Request) -> Self::Output;
}

impl OnBehalfOf for &RestClient {
    type Output = RestClient;

    fn on_behalf_of(self, request: &Request) -> RestClient {
        self.with_context(context(request))
    }
}

impl<O> OnBehalfOf for RequestBuilder<O> {
    type Output = Self;

    fn on_behalf_of(self, request: &Request) -> Self {
        self.context(context(request))
    }
}

fn context(request: &Request) -> CallContext {
    let mut context = CallContext::new();
    if let Some(id) = current::identity().and_then(|identity| identity.trace_number()) {
        context = context.with_trace_id(id);
    }
    let context = context.with_trace(request.fields());
    match request.deadline() {
        Some(deadline) => context.with_deadline(deadline.instant()),
        None => context,
    }
}
