//! Tables in a terminal.

/// The columns of a terminal.
pub(super) const WIDTH: usize = 80;

/// What is between two cells.
const GAP: &str = "  ";

/// Writes rows whose cells begin below each other. The last cell is continued on the next line if there is no room for it.
pub(super) fn table<const N: usize>(rows: &[[String; N]]) -> String {
    let widths: [usize; N] = std::array::from_fn(|column| width(rows, column));
    let before: usize = widths.iter().rev().skip(1).map(|width| width + GAP.len()).sum();
    let mut text = String::new();
    for row in rows {
        let Some((last, cells)) = row.split_last() else { continue };
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(widths) {
            line += &format!("{cell:width$}{GAP}");
        }
        for piece in wrapped(last, WIDTH.saturating_sub(before).max(WIDTH / 4)) {
            text += format!("{line}{piece}").trim_end();
            text.push('\n');
            line = " ".repeat(before);
        }
    }
    text
}

/// The width of a column.
pub(super) fn width<const N: usize>(rows: &[[String; N]], column: usize) -> usize {
    let cells = rows.iter().filter_map(|row| row.get(column));
    cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
}

/// The lines of a text that is broken between words.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_cell_is_continued_below_itself() {
        let rows = [["a", "one"], ["bcd", &"word ".repeat(20)]].map(|row| row.map(str::to_owned));
        let text = table(&rows);
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[0], "a    one");
        assert!(lines[1].starts_with("bcd  word word"), "{text}");
        assert!(lines[2].starts_with("     word"), "{text}");
        assert!(lines.iter().all(|line| line.len() <= WIDTH), "{text}");
    }
}
