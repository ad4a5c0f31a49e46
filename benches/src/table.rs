//! A table in Markdown that is also readable as plain text.

use std::fmt;

/// A table. The first column holds the names of the rows.
pub(crate) struct Table(Vec<Vec<String>>);

impl Table {
    pub(crate) fn new<T: Into<String>>(columns: impl IntoIterator<Item = T>) -> Self {
        Self(vec![columns.into_iter().map(Into::into).collect()])
    }

    pub(crate) fn add(&mut self, row: Vec<String>) {
        self.0.push(row);
    }

    fn widths(&self) -> Vec<usize> {
        let columns = self.0.iter().map(Vec::len).max().unwrap_or_default();
        let width = |column| {
            let cells = self.0.iter().filter_map(|row| row.get(column).map(String::as_str));
            cells.map(|cell: &str| cell.chars().count()).max().unwrap_or_default().max(2)
        };
        (0..columns).map(width).collect()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths = self.widths();
        for (position, row) in self.0.iter().enumerate() {
            for (column, &width) in widths.iter().enumerate() {
                let cell = row.get(column).map_or("", String::as_str);
                match column {
                    0 => write!(formatter, "| {cell:width$} |")?,
                    _ => write!(formatter, " {cell:>width$} |")?,
                }
            }
            writeln!(formatter)?;
            if position == 0 {
                rule(formatter, &widths)?;
            }
        }
        Ok(())
    }
}

/// Writes the line that Markdown requires between the header and the rows.
fn rule(formatter: &mut fmt::Formatter<'_>, widths: &[usize]) -> fmt::Result {
    for (column, width) in widths.iter().enumerate() {
        match column {
            0 => write!(formatter, "|{}|", "-".repeat(width + 2))?,
            _ => write!(formatter, "{}:|", "-".repeat(width + 1))?,
        }
    }
    writeln!(formatter)
}

/// Formats a number with commas and this many digits after the decimal point.
pub(crate) fn number(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let (sign, text) = text.strip_prefix('-').map_or(("", text.as_str()), |text| ("-", text));
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(a, b)| (a, Some(b)));
    let mut grouped = String::from(sign);
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    fraction.map_or(grouped.clone(), |fraction| format!("{grouped}.{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_markdown() {
        let mut table = Table::new(["figure", "a", "goal"]);
        table.add(vec!["p99".into(), "1,234".into(), "≤ 1".into()]);
        table.add(vec!["size".into(), "5".into()]);
        let text = "\
| figure |     a | goal |
|--------|------:|-----:|
| p99    | 1,234 |  ≤ 1 |
| size   |     5 |      |
";
        assert_eq!(table.to_string(), text);
    }

    #[test]
    fn numbers_have_commas() {
        let numbers = [(1_234_567.8, 0), (999.0, 0), (1_000.25, 1), (-0.5, 1), (-1_234.0, 0)];
        let numbers = numbers.map(|(value, digits)| number(value, digits));
        assert_eq!(numbers, ["1,234,568", "999", "1,000.2", "-0.5", "-1,234"]);
    }
}
