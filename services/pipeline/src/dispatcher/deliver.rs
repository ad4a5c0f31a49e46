//! Sends a delivery.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode};
use test_hooks::now;
use wsgiservice_client::{CallContext, RequestBuilder, RestClient};

use super::{
    active::{Active, Target},
    outcome, schedule,
    schedule::Tries,
};
use crate::{
    cloud_event,
    spool::{Attempt, Claim, DeliveryResult, Ended},
    time,
};

/// How much longer than its timeout a call may take, whatever it waits for.
const GRACE: Duration = Duration::from_secs(1);

/// How much is read of a response, which frees its connection.
const LONGEST_RESPONSE: usize = 64 << 10;

/// What a listener has responded.
struct Received {
    status: StatusCode,
    fields: HeaderMap,
    text: Option<String>,
}

/// Why a listener has not responded.
enum Failed {
    /// It cannot be called.
    Mistake(&'static str),
    Call(wsgiservice_client::Error),
    Late,
}

/// Sends a delivery, and returns what comes of it.
pub(super) async fn deliver(client: &RestClient, active: &Active, claim: &Claim) -> Ended {
    let begun = now();
    let received = match request(client, active, claim) {
        Ok(request) => {
            let sent = tokio::time::timeout(active.timeout() + GRACE, send(request)).await;
            sent.unwrap_or(Err(Failed::Late))
        }
        Err(mistake) => Err(Failed::Mistake(mistake)),
    };
    test_hooks::reached("pipeline::after_delivery").await;
    let most = active.listener.max_attempts.into();
    let tries = Tries { tries: claim.tries, most, first: claim.first };
    let (result, status, error) = match received {
        Ok(Received { status, fields, text }) => {
            let result = outcome::of_response(active.kind(), status, &fields, tries, now());
            (result, Some(status.as_u16()), text)
        }
        Err(failed) => failed.judge(tries),
    };
    let attempt = Attempt { attempt: claim.attempt, at: time::text(begun), status, error };
    Ended::of(claim, attempt, result)
}

impl Failed {
    fn judge(self, tries: Tries) -> (DeliveryResult, Option<u16>, Option<String>) {
        match self {
            Self::Mistake(mistake) => (DeliveryResult::Dead, None, Some(mistake.to_owned())),
            Self::Late => {
                let error = "no response within the timeout".to_owned();
                (schedule::after(tries, None, now()), None, Some(error))
            }
            Self::Call(error) => {
                (outcome::of_error(&error, tries, now()), None, Some(error.to_string()))
            }
        }
    }
}

/// Sends a request, and reads the response: its text, unless it is a success.
async fn send(request: RequestBuilder) -> Result<Received, Failed> {
    let response = request.await.map_err(Failed::Call)?;
    let (status, fields) = (response.status(), response.headers().clone());
    let content = response.limit(LONGEST_RESPONSE).bytes().await.unwrap_or_default();
    let text = (!status.is_success()).then(|| String::from_utf8_lossy(&content).into_owned());
    Ok(Received { status, fields, text: text.filter(|text| !text.is_empty()) })
}

fn request(
    client: &RestClient,
    active: &Active,
    claim: &Claim,
) -> Result<RequestBuilder, &'static str> {
    let mut call = match &active.target {
        Target::Url(url) => url.post(),
        Target::Service { name, path } => {
            let locate = active.listener.locate(&claim.user).ok_or("the locator is unknown")?;
            client.post(name, locate, path)
        }
    };
    let key = format!("{}/{}", claim.message_id, claim.listener);
    for (name, value) in cloud_event::fields(claim, &active.cluster) {
        call = call.header(name, value);
    }
    for (name, value) in [("content-type", &claim.content_type), ("x-undo-ticket", &claim.ticket)] {
        if let Some(value) = value {
            call = call.header(name, value.as_str());
        }
    }
    if let Some(signer) = &active.signer {
        let timestamp = now() / 1_000;
        let signature = signer.sign(&key, timestamp, &claim.content);
        call = call.header("webhook-id", key.as_str());
        call = call.header("webhook-timestamp", timestamp).header("webhook-signature", signature);
    }
    let call = call.header("idempotency-key", format!("\"{key}\""));
    Ok(call.context(trace(claim)).timeout(active.timeout()).body(claim.content.clone()))
}

/// The trace that the message is part of.
fn trace(claim: &Claim) -> CallContext {
    let mut fields = HeaderMap::new();
    let parent = claim.traceparent.as_deref().map(HeaderValue::from_str);
    if let Some(Ok(parent)) = parent {
        fields.insert("traceparent", parent);
    }
    CallContext::new().with_trace(&fields)
}
