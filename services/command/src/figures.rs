//! What the service tells of its commands: how many there are, how they end, and which ones a person has to look at.

use database::{COUNTED, Error, Row, Statement, counted, looked_up, values};
use wsgiservice::{
    Application,
    health::Health,
    statistics::{Counter, Gauge, Label},
};

use crate::runner::Runner;

/// How many commands the check `commands` names.
const NAMED: i64 = 3;

/// What is counted of commands. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    ended: Counter<Outcome>,
    recovered: Counter,
    compensated: Counter<Compensation>,
    known: Gauge<State>,
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
            .check("commands", async move || looked_up(runner.health()).await)
    }

    async fn health(&self) -> Result<Health, Error> {
        // All by the index of the states.
        let count = |states: &str| {
            let select =
                format!("SELECT state FROM ticket WHERE state IN ({states}) LIMIT {COUNTED}");
            Statement::new(format!("SELECT COUNT(*) FROM ({select}) AS counted"), [])
        };
        let running = "'prepared', 'compensating', 'checking', 'applying'";
        let first =
            "SELECT user_id, id FROM ticket WHERE state = 'failed' ORDER BY created LIMIT ?";
        let statements = vec![
            count("'open'"),
            count(running),
            count("'failed'"),
            Statement::new(first, values![NAMED]),
        ];
        let read = self.data().database().query_all(statements).await?;
        let [open, running, given_up, first] = <[Vec<Row>; 4]>::try_from(read)
            .map_err(|_| Error::other("four statements have four results"))?;
        let known = &self.figures().known;
        known.set(State::Open, number(&open)? as f64);
        known.set(State::Running, number(&running)? as f64);
        let given_up = number(&given_up)?;
        known.set(State::GivenUp, given_up as f64);
        judge(given_up, &first)
    }
}

/// Names the first of the commands that were given up.
fn judge(given_up: i64, first: &[Row]) -> Result<Health, Error> {
    if given_up == 0 {
        return Ok(Health::Pass);
    }
    let named = first.iter().map(|row| {
        let (user, id): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(format!("{user}/{id}"))
    });
    let named = named.collect::<Result<Vec<_>, Error>>()?.join(", ");
    let more = if given_up > NAMED { ", …" } else { "" };
    let count = counted(given_up);
    Ok(Health::Warn(format!(
        "commands given up after a day, with an unknown outcome: {count}, {named}{more}"
    )))
}

fn number(rows: &[Row]) -> Result<i64, Error> {
    rows.first().map_or(Ok(0), |row| row.get(0))
}
