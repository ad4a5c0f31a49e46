//! Measures how the cost grows with connections, content and cores, with each runtime.

use std::{
    io,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use crate::{
    rounds::{Effort, each, median, rounds},
    server::{Server, Subject},
    table::{Table, number},
    tools, wrk,
    wrk::{Load, Run},
};

/// The programs to measure.
pub(crate) const SUBJECTS: [Subject; 2] = [GEOIP, SERVICE];

/// The example that looks up the country of an address.
const GEOIP: Subject = Subject {
    name: "geoip",
    package: "geoip",
    program: "geoip",
    source: "examples/geoip/src/main.rs",
    arguments: &["--bind", "127.0.0.1:0"],
};

/// The service with requests that cost content, computation or time.
const SERVICE: Subject = Subject {
    name: "scale",
    package: "wsgiservice-scale",
    program: "wsgiservice-scale",
    source: "benches/scale/main.rs",
    arguments: &["--bind", "127.0.0.1:0"],
};

const CONNECTIONS: [usize; 3] = [1, 64, 1_000];

/// The lengths of content, in bytes.
const LENGTHS: [usize; 5] = [1, 1 << 10, 1 << 14, 1 << 17, 1 << 20];

/// The runtimes that a server can choose from.
const RUNTIMES: [&str; 2] = ["shared", "per-core"];

const MEGABYTE: f64 = 1e6;

/// The programs to measure, and how to measure them.
pub(crate) struct Scale<'a> {
    /// The folder of the programs.
    pub(crate) programs: &'a Path,
    pub(crate) targets: &'a [String],
    pub(crate) folder: &'a Path,
    pub(crate) effort: Effort,
}

/// The requests to a program.
struct Job<'a> {
    subject: &'a Subject,
    name: &'static str,
    target: &'static str,
    script: Option<PathBuf>,
}

impl Scale<'_> {
    /// Prints the tables.
    ///
    /// # Errors
    /// If a server or wrk fails.
    pub(crate) fn print(&self) -> io::Result<()> {
        if let Some(tool) = tools::missing(&["wrk", "taskset"]) {
            println!("skipped: {tool} not found");
            return Ok(());
        }
        println!("{}", self.connections()?);
        println!("{}", self.content()?);
        println!("{}", self.cores()?);
        Ok(())
    }

    fn connections(&self) -> io::Result<Table> {
        let script = wrk::script(self.folder, self.targets, 1)?;
        let job = |name, target| Job { subject: &SERVICE, name, target, script: None };
        let jobs = [
            Job { subject: &GEOIP, name: "look up", target: "/", script: Some(script) },
            job("compute, 100 µs", "/compute"),
            job("wait, 5 ms", "/wait"),
        ];
        let figures = ["requests per second", "p99, ms", "memory at peak, MB"];
        let mut table = self.table(&["handler", "connections"], &figures)?;
        for job in &jobs {
            for connections in CONNECTIONS {
                let mut row = vec![job.name.to_owned(), number(connections as f64, 0)];
                row.extend(self.under_load(job, connections)?);
                table.add(row);
            }
        }
        Ok(table)
    }

    /// The figures of each runtime under a job with this many connections.
    fn under_load(&self, job: &Job<'_>, connections: usize) -> io::Result<Vec<String>> {
        eprintln!("{} with {connections} connections", job.name);
        let servers = self.servers(job.subject, None)?;
        let load = self.load(connections, job.target.to_owned(), job.script.clone());
        let runs = rounds(&servers, &load, self.effort.rounds)?;
        let memory = servers.iter().map(|server| Ok(server.memory()?.1 as f64 / MEGABYTE));
        let memory = memory.collect::<io::Result<Vec<_>>>()?;
        servers.into_iter().try_for_each(Server::stop)?;
        let figures = medians(&runs, |run| run.requests_per_second)
            .into_iter()
            .zip(medians(&runs, |run| run.p99))
            .zip(memory);
        Ok(figures
            .flat_map(|((requests, p99), memory)| {
                [number(requests, 0), number(p99, 2), number(memory, 1)]
            })
            .collect())
    }

    fn content(&self) -> io::Result<Table> {
        let mut table = self.table(&["content, bytes"], &["time per request, µs"])?;
        let servers = self.servers(&SERVICE, None)?;
        for length in LENGTHS {
            eprintln!("content of {length} bytes");
            let load = self.load(1, format!("/bytes/{length}"), None);
            let runs = rounds(&servers, &load, self.effort.rounds)?;
            let mut row = vec![number(length as f64, 0)];
            row.extend(
                medians(&runs, |run| 1e6 / run.requests_per_second)
                    .into_iter()
                    .map(|time| number(time, 1)),
            );
            table.add(row);
        }
        servers.into_iter().try_for_each(Server::stop)?;
        Ok(table)
    }

    /// Measures a handler that computes. Its client has almost nothing to do, and so leaves the cores to the server.
    fn cores(&self) -> io::Result<Table> {
        let mut table = self.table(&["cores"], &["requests per second, compute"])?;
        let most = thread::available_parallelism()?.get();
        for cores in (0..).map(|power| 1 << power).take_while(|cores| *cores <= most) {
            eprintln!("{cores} cores");
            let servers = self.servers(&SERVICE, Some(cores))?;
            let load = self.load(64, "/compute".to_owned(), None);
            let runs = rounds(&servers, &load, self.effort.rounds)?;
            let mut row = vec![number(cores as f64, 0)];
            let requests = medians(&runs, |run| run.requests_per_second);
            row.extend(requests.into_iter().map(|requests| number(requests, 0)));
            table.add(row);
            servers.into_iter().try_for_each(Server::stop)?;
        }
        Ok(table)
    }

    fn load(&self, connections: usize, target: String, script: Option<PathBuf>) -> Load {
        Load { connections, seconds: self.effort.seconds, target, script, core: None }
    }

    /// An empty table with a column for each figure of each runtime.
    fn table(&self, names: &[&str], figures: &[&str]) -> io::Result<Table> {
        let mut columns: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        for runtime in self.runtimes(&SERVICE)? {
            let name = |figure: &&str| match runtime {
                Some(runtime) => format!("{figure}, {runtime}"),
                None => (*figure).to_owned(),
            };
            columns.extend(figures.iter().map(name));
        }
        Ok(Table::new(columns))
    }

    /// Starts a server for each runtime, on the first `cores` cores.
    fn servers(&self, subject: &Subject, cores: Option<usize>) -> io::Result<Vec<Server>> {
        let cores = cores.map(|cores| format!("0-{}", cores - 1));
        let start = |runtime: Option<&str>| {
            let mut command = match &cores {
                Some(cores) => subject.under(self.programs, &["taskset", "-c", cores]),
                None => subject.command(self.programs),
            };
            if let Some(runtime) = runtime {
                command.args(["--runtime", runtime]);
            }
            Server::start(&mut command)
        };
        self.runtimes(subject)?.into_iter().map(start).collect()
    }

    /// The runtimes that a program supports; a single `None` if it has no such option.
    fn runtimes(&self, subject: &Subject) -> io::Result<Vec<Option<&'static str>>> {
        let help = Command::new(self.programs.join(subject.program)).arg("--help").output()?;
        let has_choice = String::from_utf8_lossy(&help.stdout).contains("--runtime ");
        Ok(if has_choice { RUNTIMES.map(Some).to_vec() } else { vec![None] })
    }
}

fn medians(runs: &[Vec<Run>], figure: fn(&Run) -> f64) -> Vec<f64> {
    each(runs, figure).iter().map(|values| median(values)).collect()
}
