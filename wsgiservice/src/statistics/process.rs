//! What the process uses, as the system reports it.

use std::{fs, time::Duration};

/// How many ticks the processor times in `/proc` have per second, on each architecture of Linux (`USER_HZ`).
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process uses; a part that the system does not report is `None`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProcessUsage {
    /// The time of the processor that it took, of all threads, in user mode and in the kernel.
    pub(crate) cpu: Option<Duration>,
    /// The memory that it occupies, in bytes.
    pub(crate) resident: Option<u64>,
    /// The number of its open file descriptors.
    pub(crate) open_files: Option<u64>,
    /// The largest number of file descriptors that it may have.
    pub(crate) max_files: Option<u64>,
    /// The number of its threads.
    pub(crate) threads: Option<u64>,
}

/// The part of it that is cheap to read, and kept for each slice of the past.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ProcessLoad {
    pub(crate) cpu: Option<Duration>,
    pub(crate) resident: Option<u64>,
}

impl ProcessUsage {
    /// What this process uses now.
    pub(crate) fn now() -> Self {
        let status = status();
        let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
        let ProcessLoad { cpu, resident } = ProcessLoad::of(&status);
        Self {
            cpu,
            resident,
            // One of them is that of the folder itself.
            open_files: fs::read_dir("/proc/self/fd")
                .ok()
                .map(|all| (all.count() as u64).saturating_sub(1)),
            max_files: number_after(&limits, "Max open files"),
            threads: number_after(&status, "Threads:"),
        }
    }
}

impl ProcessLoad {
    /// What this process uses now.
    pub(super) fn now() -> Self {
        Self::of(&status())
    }

    fn of(status: &str) -> Self {
        Self {
            cpu: fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(cpu),
            resident: number_after(status, "VmRSS:").map(|kilobytes| kilobytes << 10),
        }
    }
}

fn status() -> String {
    fs::read_to_string("/proc/self/status").unwrap_or_default()
}

/// The time of the processor in `/proc/self/stat`: the fields 14 and 15, counted from 1. The second one, the name of the
/// program in parentheses, can contain anything.
fn cpu(stat: &str) -> Option<Duration> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut ticks = after_name.split_ascii_whitespace().skip(11).map(str::parse::<u64>);
    let (user, kernel) = (ticks.next()?.ok()?, ticks.next()?.ok()?);
    Some(Duration::from_secs_f64((user + kernel) as f64 / TICKS_PER_SECOND))
}

/// The first number in the line that begins like this.
fn number_after(text: &str, label: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(label))?;
    value.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_the_processor_is_read_even_if_the_name_has_parentheses() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 4 0 100 0";
        assert_eq!(cpu(stat), Some(Duration::from_secs(2)));
        assert_eq!(cpu(""), None);
    }

    #[test]
    fn numbers_are_read_from_their_lines() {
        let text =
            "Threads:\t4\nVmRSS:\t   2048 kB\nMax open files            1024       4096   files\n";
        assert_eq!(number_after(text, "VmRSS:"), Some(2048));
        assert_eq!(number_after(text, "Max open files"), Some(1024));
        assert_eq!(number_after(text, "VmSwap:"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn linux_reports_all_of_it() {
        let ProcessUsage { cpu, resident, open_files, max_files, threads } = ProcessUsage::now();
        assert!(cpu.is_some() && resident > Some(1 << 20) && open_files > Some(2));
        assert!(max_files >= open_files && threads >= Some(1));
    }
}
