//! The check: the health of a service, how long it took to tell it, its name, and a number of its statistics.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::{
    arguments::Arguments,
    client::{self, Failure},
    health::Health,
    report::{Measured, Report, State},
    statistics::{Number, Statistics},
};

/// Checks a service.
pub(crate) async fn check(arguments: &Arguments) -> Report {
    match timeout(arguments.timeout, within(arguments)).await {
        Ok(Ok(report)) => report,
        Ok(Err(failure)) => Report::new(failure.state(), &failure.to_string()),
        Err(_) => {
            let seconds = arguments.timeout.as_secs_f64();
            Report::new(State::Critical, &format!("no answer within {seconds} s"))
        }
    }
}

async fn within(arguments: &Arguments) -> Result<Report, Failure> {
    let began = Instant::now();
    let answer = client::get(arguments, "/_internal/health", "application/health+json").await?;
    let time = time(arguments, began.elapsed());
    let health = Health::read(&answer)?;
    let mut report = Report::new(health.state(), &health.message());
    report.measure(time);
    if (arguments.service.is_some() || arguments.statistic.is_some())
        && let Err(failure) = add_statistics(arguments, &mut report).await
    {
        // The service may be ill, which is known already.
        report.add(failure.state(), failure.to_string());
    }
    Ok(report)
}

/// The time that the service took; without another number, the ranges are for it.
fn time(arguments: &Arguments, time: Duration) -> Measured {
    let is_compared = arguments.statistic.is_none();
    Measured {
        label: "time".to_owned(),
        value: time.as_secs_f64(),
        unit: "s",
        warning: arguments.warning.clone().filter(|_| is_compared),
        critical: arguments.critical.clone().filter(|_| is_compared),
        least: Some(0.0),
        greatest: Some(arguments.timeout.as_secs_f64()),
    }
}

async fn add_statistics(arguments: &Arguments, report: &mut Report) -> Result<(), Failure> {
    let answer = client::get(arguments, "/_internal/stats", "application/json").await?;
    let statistics = Statistics::read(&answer)?;
    if let Some(name) = arguments.service.as_ref().filter(|name| **name != statistics.service) {
        let found = &statistics.service;
        report.add(State::Critical, format!("expected `{name}`, but this service is `{found}`"));
    }
    if let Some(name) = &arguments.statistic {
        let Number { value, unit } = statistics.number(name)?;
        report.measure(Measured {
            label: name.clone(),
            value,
            unit,
            warning: arguments.warning.clone(),
            critical: arguments.critical.clone(),
            least: None,
            greatest: None,
        });
    }
    Ok(())
}
