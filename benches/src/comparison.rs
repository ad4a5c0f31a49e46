//! The tables of all exact figures.

use std::io;

use crate::{
    counts::{self, Cost},
    program::{AXUM, HYPER, HYPER_TAGGED, OURS, OURS_TAGGED, Program},
    size,
    table::{Table, number},
};

const MEGABYTE: f64 = 1e6;

/// The programs without an entity tag, in the order of the columns.
const PROGRAMS: [&Program; 3] = [&OURS, &HYPER, &AXUM];

/// The names of the columns with a figure of each program.
const COLUMNS: [&str; 4] = ["wsgiservice", "hyper", "axum", "ours to hyper's"];

/// Measures all programs, and prints the tables.
pub(crate) fn print(targets: &[String]) -> io::Result<()> {
    let plain = counts::count(&PROGRAMS, targets)?;
    let tagged = counts::count(&[&OURS_TAGGED, &HYPER_TAGGED], targets)?;
    println!("\n{}", of_each_client(&plain, &tagged));
    println!("{}", of_the_worst_client(&plain, &tagged)?);
    Ok(())
}

fn of_each_client(plain: &[Cost], tagged: &[Cost]) -> Table {
    let mut table = Table::new(["per request"].iter().chain(&COLUMNS).copied());
    for (costs, tag) in [(plain, ""), (tagged, ", with a tag")] {
        for cost in costs {
            table.add(instructions(format!("instructions, {}{tag}", cost.client.name()), cost));
        }
    }
    for cost in plain {
        let name = format!("allocations, {}", cost.client.name());
        table.add(row(name, &cost.allocations, 2, String::new()));
    }
    table
}

/// The table of figures that have goals, with the sizes and the lines of the programs.
fn of_the_worst_client(plain: &[Cost], tagged: &[Cost]) -> io::Result<Table> {
    let columns = ["figure"].iter().chain(&COLUMNS).chain(&["must", "goal"]);
    let mut table = Table::new(columns.copied());
    for (costs, tag) in [(plain, ""), (tagged, ", with a tag")] {
        let cost = worst(costs, Cost::ratio);
        let name = format!("instructions per request, {}{tag}", cost.client.name());
        table.add(judged(instructions(name, cost), cost.ratio(), [1.05, 0.95]));
    }
    let cost = worst(plain, |cost| cost.allocations[0]);
    let name = format!("allocations per request, {}", cost.client.name());
    let allocations = row(name, &cost.allocations, 2, String::new());
    table.add(judged(allocations, cost.allocations[0], [3.0, 2.0]));

    let sizes = PROGRAMS.map(|program| Ok(size::stripped(program)? as f64 / MEGABYTE));
    let sizes = sizes.into_iter().collect::<io::Result<Vec<_>>>()?;
    let difference = format!("{:+.2}", sizes[0] - sizes[1]);
    table.add(row("size of the program, stripped, MB".to_owned(), &sizes, 2, difference));
    let lines = PROGRAMS.map(|program| Ok(size::lines(&program.source()?) as f64));
    let lines = lines.into_iter().collect::<io::Result<Vec<_>>>()?;
    let written = row("lines that the author writes".to_owned(), &lines, 0, String::new());
    table.add(judged(written, lines[0], [25.0, 20.0]));
    Ok(table)
}

/// The cost with the highest value of a figure.
fn worst(costs: &[Cost], figure: fn(&Cost) -> f64) -> &Cost {
    let worst = costs.iter().max_by(|one, other| figure(one).total_cmp(&figure(other)));
    worst.expect("a client")
}

/// A row with the instructions in each program, and the ratio of ours to hyper's.
fn instructions(name: String, cost: &Cost) -> Vec<String> {
    row(name, &cost.instructions, 0, format!("{:.3}", cost.ratio()))
}

/// A row with a figure of each program, and the comparison of ours with hyper's.
fn row(name: String, values: &[f64], digits: usize, comparison: String) -> Vec<String> {
    let mut row = vec![name];
    row.extend(values.iter().map(|value| number(*value, digits)));
    row.resize(COLUMNS.len(), String::new());
    row.push(comparison);
    row
}

/// The row, with the upper bounds `must` and `goal` and whether the value meets them.
fn judged(mut row: Vec<String>, value: f64, bounds: [f64; 2]) -> Vec<String> {
    let verdict = |bound| if value <= bound { "yes" } else { "no" };
    row.extend(bounds.map(|bound| format!("≤ {bound}: {}", verdict(bound))));
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Client;

    fn cost(client: Client, instructions: [f64; 2]) -> Cost {
        Cost { client, instructions: instructions.to_vec(), allocations: vec![2.0, 6.0] }
    }

    #[test]
    fn a_row_states_whether_its_goals_are_met() {
        let cost = cost(Client::Curl, [10_000.0, 10_000.0]);
        let row = judged(instructions("curl".to_owned(), &cost), cost.ratio(), [1.05, 0.95]);
        assert_eq!(row, ["curl", "10,000", "10,000", "", "1.000", "≤ 1.05: yes", "≤ 0.95: no"]);
    }

    #[test]
    fn the_worst_client_has_the_highest_ratio() {
        let costs = [
            cost(Client::Curl, [12.0, 10.0]),
            cost(Client::Json, [15.0, 10.0]),
            cost(Client::Firefox, [20.0, 20.0]),
        ];
        assert_eq!(worst(&costs, Cost::ratio).client, Client::Json);
    }
}
