//! The tickets by which changes can be undone.

use database::data::{Failure, List, User};
use http::{HeaderValue, Response};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use wsgiservice::{IdempotencyKey, Request, answer::WithFields, content::Body, mount, resource};

use super::{
    dispatch::{Call, Command, Dispatch},
    pass::{CLUSTER, Passed},
};
use crate::{
    answer::{StepUndone, UndoDone},
    database::{Found, State, Summary, find_paths, list},
    refusal::Refusal,
    runner::DAY,
};

/// The tickets of a user.
#[mount("/1/undo/{user}")]
pub(super) struct Undos {
    pub(super) dispatch: Dispatch,
}

/// A ticket by which a change can be undone.
#[mount("/1/undo/{user}/{ticket}")]
#[validate(ticket, re = "[0-9a-f]{32}", doc = "The ticket: 32 hexadecimal digits.")]
pub(super) struct Undo {
    pub(super) dispatch: Dispatch,
}

/// A ticket.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
struct Ticket {
    /// The ticket.
    ticket: String,
    /// What it is at.
    state: TicketState,
    /// When the change was made.
    created: String,
    /// When it can be undone no longer.
    expires: String,
    /// The ticket by which the undo can be undone.
    #[serde(skip_serializing_if = "Option::is_none")]
    redo: Option<String>,
    /// What it undoes, the last step first, and what became of it.
    steps: Vec<StepUndone>,
}

/// What a ticket is at.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum TicketState {
    /// It can be undone.
    Open,
    /// It is being undone.
    Undoing,
    /// It was undone.
    Undone,
    /// The outcome is unknown: a person has to decide.
    Failed,
}

/// The list of the tickets, as another Command returns it.
#[derive(Debug, Deserialize)]
struct Tickets {
    items: Vec<Ticket>,
    start: u32,
    count: u32,
    total: u64,
}

/// What Command in another cluster has returned.
struct Elsewhere<T> {
    value: T,
    cluster: HeaderValue,
}

impl<T: DeserializeOwned> Elsewhere<T> {
    async fn of(response: wsgiservice_client::Response) -> Result<Self, Refusal> {
        let cluster = response.headers().get(CLUSTER).cloned();
        match response.status().as_u16() {
            404 => return Err(Refusal::UnknownTicket),
            410 => return Err(Refusal::expired()),
            _ => {}
        }
        let response = response.error_for_status().map_err(|it| Refusal::of_call(&it))?;
        let value = response.json().await.map_err(|it| Refusal::of_call(&it))?;
        Ok(Self { value, cluster: cluster.unwrap_or(HeaderValue::from_static("")) })
    }
}

#[resource]
impl Undos {
    /// List the changes that can be undone, the last one first.
    async fn get(
        &self,
        user: User,
        #[validate(range = 1.., default = 1, doc = "The position of the first one, from 1.")]
        start: u32,
        #[validate(range = 1..=1_000, default = 10, doc = "How many, at most.")] count: u32,
        request: &Request,
    ) -> Result<WithFields<List<Ticket>>, Refusal> {
        if let Some(response) = self.dispatch.ask_elsewhere(request, &user).await? {
            let Elsewhere { value: list, cluster } = Elsewhere::<Tickets>::of(response).await?;
            let Tickets { items, start, count, total } = list;
            return Ok(WithFields::new(List { items, start, count, total }).field(CLUSTER, cluster));
        }
        let data = self.dispatch.runner().data();
        let since = test_hooks::now() - DAY;
        let mut found = list(data, &user, since, (start, count)).await?;
        let mut items = Vec::with_capacity(found.items.len());
        for summary in std::mem::take(&mut found.items) {
            items.push(self.dispatch.ticket(&user, summary, None).await?);
        }
        let List { start, count, total, .. } = found;
        Ok(WithFields::new(List { items, start, count, total }))
    }
}

#[resource]
impl Undo {
    /// Return what a ticket is at.
    async fn get(
        &self,
        user: User,
        ticket: String,
        request: &Request,
    ) -> Result<WithFields<Ticket>, Refusal> {
        if let Some(response) = self.dispatch.ask_elsewhere(request, &user).await? {
            let Elsewhere { value, cluster } = Elsewhere::of(response).await?;
            return Ok(WithFields::new(value).field(CLUSTER, cluster));
        }
        let data = self.dispatch.runner().data();
        let found = Found::by_id(data, &user, &ticket).await?.ok_or(Refusal::UnknownTicket)?;
        if found.state == State::Expired
            || found.state == State::Open && found.created < test_hooks::now() - DAY
        {
            return Err(Refusal::expired());
        }
        let undone = match &found.redo {
            Some(redo) => Found::by_id(data, &user, redo).await?.and_then(|it| it.answer),
            None => None,
        };
        let undone = undone.and_then(|answer| answer.parse::<UndoDone>());
        let ticket = self.dispatch.ticket(&user, Summary::of_found(&found), undone).await?;
        Ok(WithFields::new(ticket))
    }

    /// Undo a change, unless others have changed the same since. Again, it has the same response.
    async fn post(
        &self,
        user: User,
        ticket: String,
        #[validate(default = false, doc = "Undo what others have changed since, too.")] force: bool,
        key: Option<IdempotencyKey>,
        request: &Request,
    ) -> Result<Response<Body>, Refusal> {
        let mut passed = Passed::new(request, None);
        // Wherever it was.
        passed.query = if force { "force=1".to_owned() } else { String::new() };
        let command = Command::Undo { ticket, force };
        self.dispatch.execute(Call { request, user: &user, key, command, passed }).await
    }
}

impl Dispatch {
    /// A ticket, with its steps: those that it undoes, or what has become of them.
    async fn ticket(
        &self,
        user: &str,
        summary: Summary,
        undone: Option<UndoDone>,
    ) -> Result<Ticket, Refusal> {
        let state = match summary.state {
            State::Open => TicketState::Open,
            State::Undoing => TicketState::Undoing,
            State::Undone => TicketState::Undone,
            State::Failed => TicketState::Failed,
            _ => return Err(Refusal::UnknownTicket),
        };
        let redo = undone.as_ref().and_then(|undone| undone.ticket.clone());
        let steps = match undone {
            Some(undone) => undone.steps,
            None => {
                let database = self.runner().data().database();
                let paths = find_paths(database, user, &summary.id).await;
                let step = |path| StepUndone { path, outcome: None };
                paths.map_err(Failure::from)?.into_iter().map(step).collect()
            }
        };
        let (created, expires) = (time(summary.created), time(summary.created + DAY));
        Ok(Ticket { ticket: summary.id, state, created, expires, redo, steps })
    }
}

/// A time in RFC 3339 with milliseconds.
fn time(milliseconds: i64) -> String {
    let time = Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::MIN);
    format!("{time:.3}")
}
