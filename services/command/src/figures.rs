//! What the service tells of its commands: how many there are, how they end, and which ones a person has to look at.

use database::{COUNTED, Error, Row, Statement, counted, looked_up, values};
use test_hooks::now;
use wsgiservice::{
    Application,
    health::Health,
    statistics::{Counter, Gauge, Label},
};

use crate::{database::State as TicketState, runner::Runner};

/// How many commands the check `commands` names.
const NAMED: i64 = 3;

/// How long a command may run until the check `commands` warns, in milliseconds: a minute, twice as long as a client waits.
const LONGEST_RUN: i64 = 60 * 1_000;

/// The states of a command that runs.
const RUNNING: [TicketState; 4] = [
    TicketState::Prepared,
    TicketState::Compensating,
    TicketState::Checking,
    TicketState::Applying,
];

/// What is counted of commands. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    ended: Counter<Outcome>,
    recovered: Counter,
    compensated: Counter<Compensation>,
    known: Gauge<State>,
    oldest: Gauge,
}

/// How a command has ended.
#[derive(Clone, Copy, Debug, Label)]
pub(crate) enum Outcome {
    /// Its steps were executed.
    Done,
    /// A step has failed, and those before it were undone.
    Compensated,
    /// Its outcome is unknown after a day.
    GivenUp,
}

/// What has become of a step before one that has failed.
#[derive(Clone, Copy, Debug, Label)]
pub(crate) enum Compensation {
    Undone,
    /// Others have changed it since, or it cannot be undone.
    Kept,
}

/// What is told of the commands in the database.
#[derive(Clone, Copy, Debug, Label)]
enum State {
    /// It can be undone.
    Open,
    Running,
    GivenUp,
}

impl Default for Figures {
    fn default() -> Self {
        Self {
            ended: Counter::new("commands_ended", "Commands that this process has ended."),
            recovered: Counter::new(
                "commands_recovered",
                "Commands taken over from a process that is dead.",
            ),
            compensated: Counter::new(
                "compensated_steps",
                "Steps before one that has failed, by what has become of them.",
            ),
            known: Gauge::new("commands", "Commands by state; at most 10,000 are counted."),
            oldest: Gauge::new(
                "commands_oldest_seconds",
                "For how long the oldest command has been running.",
            ),
        }
    }
}

impl Figures {
    pub(crate) fn ended(&self, outcome: Outcome) {
        self.ended.add(outcome, 1);
    }

    pub(crate) fn recovered(&self) {
        self.recovered.add((), 1);
    }

    pub(crate) fn compensated(&self, what: Compensation, steps: usize) {
        self.compensated.add(what, steps as u64);
    }
}

impl Runner {
    /// Adds to an application the check `commands`, and what is counted.
    pub(crate) fn observe(&self, application: Application) -> Application {
        let (runner, figures) = (self.clone(), self.figures());
        application
            .metric(&figures.ended)
            .metric(&figures.recovered)
            .metric(&figures.compensated)
            .metric(&figures.known)
            .metric(&figures.oldest)
            .check("commands", async move || looked_up(runner.health()).await)
    }

    async fn health(&self) -> Result<Health, Error> {
        // All by the index of the states.
        let count = |states: &[TicketState]| {
            let states = states.iter().map(|state| format!("'{}'", state.as_str()));
            let states = states.collect::<Vec<_>>().join(", ");
            let select =
                format!("SELECT state FROM ticket WHERE state IN ({states}) LIMIT {COUNTED}");
            Statement::new(format!("SELECT COUNT(*) FROM ({select}) AS counted"), [])
        };
        let first =
            "SELECT user_id, id FROM ticket WHERE state = 'failed' ORDER BY created LIMIT ?";
        let statements = vec![
            count(&[TicketState::Open]),
            count(&RUNNING),
            Statement::new(oldest(), []),
            count(&[TicketState::Failed]),
            Statement::new(first, values![NAMED]),
        ];
        let read = self.data().database().query_all(statements).await?;
        let [open, running, oldest, given_up, first] = <[Vec<Row>; 5]>::try_from(read)
            .map_err(|_| Error::other("five statements have five results"))?;
        let known = &self.figures().known;
        known.set(State::Open, number(&open)? as f64);
        known.set(State::Running, number(&running)? as f64);
        let given_up = number(&given_up)?;
        known.set(State::GivenUp, given_up as f64);
        let slow = self.slow(oldest.first())?;
        let warnings: Vec<_> = judge(given_up, &first)?.into_iter().chain(slow).collect();
        Ok(match warnings.is_empty() {
            true => Health::Pass,
            false => Health::Warn(warnings.join("; ")),
        })
    }

    /// What is wrong with the oldest command that runs.
    fn slow(&self, oldest: Option<&Row>) -> Result<Option<String>, Error> {
        let created = oldest.map_or(Ok(now()), |row| row.get(2))?;
        let age = now().saturating_sub(created).max(0);
        self.figures().oldest.set((), age as f64 / 1_000.0);
        let slow = oldest.filter(|_| age > LONGEST_RUN).map(|row| {
            let (named, seconds) = (named(row)?, age / 1_000);
            Ok(format!("a command has been running for {seconds} s: {named}, the log says what it waits for"))
        });
        slow.transpose()
    }
}

/// Finds the oldest command that runs. A query of all states at once would sort all of them.
fn oldest() -> String {
    let first_of = RUNNING.map(|state| {
        let state = state.as_str();
        let select = format!(
            "SELECT user_id, id, created FROM ticket WHERE state = '{state}' ORDER BY created LIMIT 1"
        );
        format!("SELECT * FROM ({select}) AS {state}")
    });
    format!("{} ORDER BY created LIMIT 1", first_of.join(" UNION ALL "))
}

/// Names the first of the commands that were given up.
fn judge(given_up: i64, first: &[Row]) -> Result<Option<String>, Error> {
    if given_up == 0 {
        return Ok(None);
    }
    let named = first.iter().map(named).collect::<Result<Vec<_>, Error>>()?.join(", ");
    let more = if given_up > NAMED { ", …" } else { "" };
    let count = counted(given_up);
    Ok(Some(format!(
        "commands given up after a day, with an unknown outcome: {count}, {named}{more}"
    )))
}

/// The user and the ticket of a command.
fn named(row: &Row) -> Result<String, Error> {
    let (user, id): (String, String) = (row.get(0)?, row.get(1)?);
    Ok(format!("{user}/{id}"))
}

fn number(rows: &[Row]) -> Result<i64, Error> {
    rows.first().map_or(Ok(0), |row| row.get(0))
}
