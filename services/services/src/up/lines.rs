//! The lines that a process prints.

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// The longest line, in bytes. The rest of a longer one is left out.
const LONGEST: usize = 8192;

/// Calls a function with each line that a process prints, until it has closed its end.
pub(super) async fn lines(output: impl AsyncRead + Unpin, mut each: impl FnMut(&str)) {
    let (mut output, mut line, mut is_too_long) = (BufReader::new(output), Vec::new(), false);
    loop {
        let read = output.fill_buf().await.unwrap_or_default();
        let end = read.iter().position(|byte| *byte == b'\n');
        let part = read.get(..end.unwrap_or(read.len())).unwrap_or_default();
        let room = part.len().min(LONGEST.saturating_sub(line.len()));
        is_too_long |= room < part.len();
        line.extend(part.iter().take(room));
        let (is_at_end, length) = (read.is_empty(), part.len() + usize::from(end.is_some()));
        if end.is_some() || (is_at_end && !line.is_empty()) {
            let text = String::from_utf8_lossy(&line);
            each(&format!("{text}{}", if is_too_long { "…" } else { "" }));
            line.clear();
            is_too_long = false;
        }
        if is_at_end {
            return;
        }
        output.consume(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let mut all = Vec::new();
        runtime.block_on(super::lines(text, |line| all.push(line.to_owned())));
        all
    }

    #[test]
    fn each_line_is_passed_on_also_the_last_one() {
        assert_eq!(lines(b"a\n\nb\xff\nc"), ["a", "", "b\u{fffd}", "c"]);
        assert_eq!(lines(b""), [""; 0]);
    }

    #[test]
    fn a_line_is_cut_off_and_the_next_one_is_whole() {
        let text = [vec![b'a'; LONGEST + 1], b"\nb\n".to_vec(), vec![b'c'; 3 * LONGEST]].concat();
        let lengths: Vec<_> = lines(&text).iter().map(|line| line.chars().count()).collect();
        assert_eq!(lengths, [LONGEST + 1, 1, LONGEST + 1]);
        assert_eq!(lines(&[b'a'; LONGEST])[0].len(), LONGEST);
    }
}
