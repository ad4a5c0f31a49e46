//! Each locator with each method and each fault: how often a call is tried, how often it is executed, and how it ends.

use std::{sync::OnceLock, time::Duration};

use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::Full;
use tokio::time::Instant;

use super::{
    Fault, Server, TWO_CLUSTERS, client,
    moves::{FROZEN, IN_C1, MOVED},
};
use crate::{Body, ErrorKind, Locate};

const FAULTS: [Fault; 16] = [
    Fault::Works,
    Fault::Refuses,
    Fault::Closes,
    Fault::Reads,
    Fault::Dies,
    Fault::Hangs,
    Fault::Garbage,
    Fault::Short,
    Fault::Stalls,
    Fault::Status(500),
    Fault::Status(502),
    Fault::Status(503),
    Fault::Status(504),
    Fault::Status(404),
    MOVED,
    FROZEN,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Safe,
    /// It can be repeated, and changes something.
    Repeatable,
    Once,
    /// Its content is a stream, which can be sent once.
    Streamed,
}

/// The header fields of a call.
type Fields = &'static [(&'static str, &'static str)];

/// The calls, each with what it can be.
fn calls() -> Vec<(Method, Fields, Kind)> {
    vec![
        (Method::GET, &[], Kind::Safe),
        (Method::HEAD, &[], Kind::Safe),
        (Method::OPTIONS, &[], Kind::Safe),
        (Method::from_bytes(b"QUERY").expect("a method"), &[], Kind::Safe),
        (Method::PUT, &[], Kind::Repeatable),
        (Method::DELETE, &[], Kind::Repeatable),
        (Method::POST, &[("idempotency-key", "\"k\"")], Kind::Repeatable),
        (Method::PUT, &[("if-match", "\"1\""), ("idempotency-key", "\"k\"")], Kind::Repeatable),
        (Method::PUT, &[("if-match", "\"1\"")], Kind::Once),
        (Method::DELETE, &[("if-none-match", "*")], Kind::Once),
        (Method::POST, &[], Kind::Once),
        (Method::PATCH, &[], Kind::Once),
        (Method::PUT, &[], Kind::Streamed),
        (Method::POST, &[("idempotency-key", "\"k\"")], Kind::Streamed),
    ]
}

fn locators() -> [Locate; 5] {
    [
        Locate::Cluster("c1".into()),
        Locate::User("abc".into()),
        Locate::Closest,
        Locate::Random,
        Locate::First { changes: true },
    ]
}

/// A call to a service whose nearest cluster has a fault, and what became of it.
struct Ended {
    call: String,
    method: Method,
    kind: Kind,
    locate: Locate,
    fault: Fault,
    /// The status of a response whose content was read, or the kind of the error.
    outcome: Result<StatusCode, ErrorKind>,
    attempts: usize,
    may_have_executed: bool,
    /// The executions in the cluster with the fault, and in the other one.
    executions: (usize, usize),
    /// The requests that were read in both.
    requests: usize,
    elapsed: Duration,
}

async fn ended(
    (method, fields, kind): (Method, Fields, Kind),
    locate: Locate,
    fault: Fault,
) -> Ended {
    let (near, far) = (Server::new("near", fault), Server::new("far", Fault::Works));
    let directions = Server::new("directions", IN_C1);
    // Weight 0 makes the order of `Random` certain.
    let topology = TWO_CLUSTERS.replace("[clusters.c2]", "[clusters.c2]\nweight = 0");
    let services = "[services.label]\nc1 = ['unix:/near']\nc2 = ['unix:/far']\n\
                    [services.cluster]\nglobal = ['unix:/directions']";
    let client = client(&format!("{topology}{services}"), &[&near, &far, &directions]);
    let mut call = client.request(method.clone(), "label", locate.clone(), "/1/label/abc");
    for (name, value) in fields {
        call = call.header(*name, *value);
    }
    if kind == Kind::Streamed {
        call = call.body(Body::new(Full::new(Bytes::from_static(b"x"))));
    }
    let started = Instant::now();
    let (outcome, attempts, may_have_executed) = match call.await {
        Ok(response) => {
            let (status, attempts) = (response.status(), response.attempts().len());
            let outcome = match response.bytes().await {
                Ok(_) => Ok(status),
                Err(error) => Err(error.kind()),
            };
            (outcome, attempts, true)
        }
        Err(error) => (Err(error.kind()), error.attempts().len(), error.may_have_executed()),
    };
    Ended {
        call: format!("{method} {fields:?} {kind:?} {locate:?} {fault:?}"),
        method,
        kind,
        locate,
        fault,
        outcome,
        attempts,
        may_have_executed,
        executions: (near.executions(), far.executions()),
        requests: near.heads().len() + far.heads().len(),
        elapsed: started.elapsed(),
    }
}

/// Checks a property of all calls.
fn each(check: impl Fn(&Ended) -> bool) {
    static ALL: OnceLock<Vec<Ended>> = OnceLock::new();

    let all = ALL.get_or_init(|| {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().start_paused(true).build();
        runtime.expect("a runtime").block_on(all())
    });
    let wrong = all.iter().filter(|ended| !check(ended)).map(|ended| {
        let Ended { call, outcome, attempts, executions, elapsed, .. } = ended;
        format!("{call}: {outcome:?}, {attempts} attempts, executions {executions:?}, {elapsed:?}")
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

async fn all() -> Vec<Ended> {
    let mut all = Vec::new();
    for fault in FAULTS {
        for locate in locators() {
            for call in calls() {
                all.push(ended(call, locate.clone(), fault).await);
            }
        }
    }
    all
}

#[test]
fn what_is_not_repeatable_is_executed_once_at_most() {
    each(|ended| {
        let is_repeatable = matches!(ended.kind, Kind::Safe | Kind::Repeatable);
        is_repeatable || ended.executions.0 + ended.executions.1 <= 1
    });
}

#[test]
fn a_stream_is_sent_once_at_most() {
    each(|ended| ended.kind != Kind::Streamed || ended.requests <= 1 && ended.attempts <= 1);
}

#[test]
fn what_changes_something_is_executed_in_one_cluster_at_most() {
    each(|ended| ended.kind == Kind::Safe || ended.executions.0 == 0 || ended.executions.1 == 0);
}

#[test]
fn a_call_ends_at_its_deadline() {
    each(|ended| {
        // A stream has ten seconds without a byte.
        let deadline = if ended.kind == Kind::Streamed { 10_000 } else { 2050 };
        ended.elapsed <= Duration::from_millis(deadline)
    });
}

#[test]
fn a_call_has_three_attempts_at_most() {
    // Each cluster of `First` has its own.
    each(|ended| ended.attempts <= if is_first(ended) { 6 } else { 3 });
}

#[test]
fn an_error_says_whether_the_call_may_have_been_executed() {
    each(|ended| ended.may_have_executed || ended.executions == (0, 0));
}

#[test]
fn a_safe_call_has_a_response_whatever_the_nearest_cluster_does() {
    each(|ended| {
        // What was sent is the response, and what does not come in time is not asked for again.
        let is_final = matches!(
            ended.fault,
            Fault::Status(404 | 500) | Fault::Head(_) | Fault::Short | Fault::Stalls | Fault::Hangs
        );
        let can_go_on =
            is_elsewhere(ended) && !is_final || is_first(ended) && ended.fault == Fault::Hangs;
        !can_go_on || ended.kind != Kind::Safe || ended.outcome == Ok(StatusCode::OK)
    });
}

#[test]
fn what_is_refused_is_tried_elsewhere_with_any_method() {
    each(|ended| {
        let must =
            is_elsewhere(ended) && ended.fault == Fault::Refuses && ended.kind != Kind::Streamed;
        !must || ended.executions.1 == 1
    });
}

#[test]
fn an_error_is_of_the_kind_of_its_fault() {
    each(|ended| {
        let expected = match ended.fault {
            Fault::Refuses => ErrorKind::Connect,
            // A response to `HEAD` has no content.
            Fault::Short | Fault::Stalls if ended.method == Method::HEAD => return true,
            Fault::Closes | Fault::Reads | Fault::Dies | Fault::Garbage | Fault::Short => {
                ErrorKind::Protocol
            }
            Fault::Hangs | Fault::Stalls => ErrorKind::DeadlineExceeded,
            _ => return true,
        };
        !is_alone(ended) || ended.outcome == Err(expected)
    });
}

#[test]
fn the_last_response_is_returned_when_the_attempts_are_used_up() {
    each(|ended| {
        let Fault::Status(status @ 502..=504) = ended.fault else { return true };
        let is_repeatable = matches!(ended.kind, Kind::Safe | Kind::Repeatable);
        let attempts = if is_repeatable { 3 } else { 1 };
        let status = StatusCode::from_u16(status).expect("a status");
        !is_alone(ended) || (ended.outcome, ended.attempts) == (Ok(status), attempts)
    });
}

#[test]
fn a_response_of_500_is_final() {
    each(|ended| {
        let is_final =
            ended.outcome == Ok(StatusCode::INTERNAL_SERVER_ERROR) && ended.attempts == 1;
        ended.fault != Fault::Status(500) || is_first(ended) || is_final
    });
}

#[test]
fn a_call_follows_a_user_who_has_moved() {
    each(|ended| {
        let has_moved = ended.fault == MOVED && matches!(ended.locate, Locate::User(_));
        let has_followed = ended.outcome == Ok(StatusCode::OK) && ended.executions == (0, 1);
        let stays = ended.outcome == Ok(StatusCode::MISDIRECTED_REQUEST);
        !has_moved || if ended.kind == Kind::Streamed { stays } else { has_followed }
    });
}

#[test]
fn only_a_user_who_is_being_moved_is_waited_for() {
    each(|ended| {
        let is_user = matches!(ended.locate, Locate::User(_));
        // There is time for one wait.
        let attempts = if is_user && ended.kind != Kind::Streamed { 2 } else { 1 };
        let is_right = (ended.outcome, ended.attempts) == (Ok(StatusCode::LOCKED), attempts);
        ended.fault != FROZEN || is_first(ended) || is_right
    });
}

fn is_first(ended: &Ended) -> bool {
    matches!(ended.locate, Locate::First { .. })
}

fn is_elsewhere(ended: &Ended) -> bool {
    matches!(ended.locate, Locate::Closest | Locate::Random | Locate::First { .. })
}

/// Whether only one cluster can be asked.
fn is_alone(ended: &Ended) -> bool {
    matches!(ended.locate, Locate::Cluster(_) | Locate::User(_))
}
