//! Measures all figures of all subjects for the table.

use std::{fs, io, path::Path};

use crate::{
    build, counts,
    figure::{Bound, Figure},
    rounds::{Effort, by_server, each, in_slices, one_by_one, warm_up},
    server::{Server, Subject},
    size, tools, wrk,
    wrk::Load,
};

/// The core of the server.
pub(crate) const SERVER: &str = "0";
/// The core of the client.
const CLIENT: &str = "1";

/// The cores of a server whose memory is measured.
const BOTH: &str = "0,1";

/// The number of concurrent connections.
const CONNECTIONS: usize = 64;

/// The number of pipelined requests on a connection.
const DEPTH: usize = 16;

const MEGABYTE: f64 = 1e6;

/// The maximum ratio of our build time to that of hyper by hand.
const BUILD: f64 = 1.8;

/// The subjects to compare, and how to measure them.
pub(crate) struct Comparison<'a> {
    pub(crate) subjects: &'a [Subject],
    /// The folder of the programs.
    pub(crate) programs: &'a Path,
    pub(crate) targets: &'a [String],
    /// The folder for measurements.
    pub(crate) folder: &'a Path,
    pub(crate) effort: Effort,
    /// Whether to measure how long the programs take to build.
    pub(crate) builds: bool,
}

impl Comparison<'_> {
    /// All figures, in the order of the table.
    pub(crate) fn figures(&self) -> io::Result<Vec<Figure>> {
        let mut figures = self.exact()?;
        figures.extend(self.loaded()?);
        figures.extend(self.memory()?);
        figures.push(self.size()?);
        figures.extend(self.builds()?);
        figures.push(self.lines()?);
        Ok(figures)
    }

    fn exact(&self) -> io::Result<Vec<Figure>> {
        let names = ["user instructions per request", "allocations per request"];
        let [instructions, allocations] = match tools::missing(&["valgrind", "taskset"]) {
            Some(tool) => names.map(|name| lacking(name, tool)),
            None => {
                let counts = self.each("counting instructions and allocations", |subject| {
                    counts::count(subject, self.programs, self.targets, self.folder)
                })?;
                let instructions: Vec<_> =
                    counts.iter().map(|counts| counts.instructions).collect();
                let allocations: Vec<_> = counts.iter().map(|counts| counts.allocations).collect();
                let [first, second] = names;
                [Figure::ratio(first, &instructions, 0), Figure::of_each(second, &allocations, 2)]
            }
        };
        Ok(vec![
            instructions.goals(Bound::AtMost(1.0), Bound::AtMost(0.92), ""),
            allocations.goals(Bound::AtMost(6.0), Bound::AtMost(4.0), ""),
        ])
    }

    fn loaded(&self) -> io::Result<Vec<Figure>> {
        let names = [
            "requests per second, one core each side",
            "p50 at 64 connections, ms",
            "p99 at 64 connections, ms",
            "requests per second, pipelined, depth 16",
        ];
        let [throughput, p50, p99, pipelined] = match tools::missing(&["wrk", "taskset"]) {
            Some(tool) => names.map(|name| lacking(name, tool)),
            None => self.under_load(names)?,
        };
        Ok(vec![
            throughput.goals(Bound::AtLeast(1.0), Bound::AtLeast(1.08), ""),
            p50,
            p99.goals(Bound::AtMost(1.1), Bound::AtMost(1.0), ""),
            pipelined.goals(Bound::AtLeast(10.0), Bound::AtLeast(12.0), ""),
        ])
    }

    fn under_load(&self, names: [&'static str; 4]) -> io::Result<[Figure; 4]> {
        let (load, pipelined_load) = (self.load(1)?, self.load(DEPTH)?);
        let [mut plain, mut sliced, mut pipelined] = [const { Vec::new() }; 3];
        for round in 1..=self.effort.rounds {
            eprintln!("load, round {round}");
            // Restarted, because the memory layout of a process causes a standard deviation of 3 to 4 %.
            let servers = self.start()?;
            warm_up(&servers, &load)?;
            plain.push(one_by_one(&servers, &load)?);
            sliced.push(in_slices(&servers, &load)?);
            pipelined.push(one_by_one(&servers, &pipelined_load)?);
            servers.into_iter().try_for_each(Server::stop)?;
        }
        let [plain, sliced, pipelined] = [plain, sliced, pipelined].map(|runs| by_server(&runs));
        let [throughput, p50, p99, pipelined_throughput] = names;
        Ok([
            Figure::of_rounds(throughput, &each(&sliced, |run| run.requests_per_second), 0),
            Figure::of_rounds(p50, &each(&plain, |run| run.p50), 2),
            Figure::of_rounds(p99, &each(&plain, |run| run.p99), 2),
            Figure::of_rounds(
                pipelined_throughput,
                &each(&pipelined, |run| run.requests_per_second),
                0,
            ),
        ])
    }

    fn start(&self) -> io::Result<Vec<Server>> {
        let outer = ["taskset", "-c", SERVER];
        let start = |subject: &Subject| Server::start(&mut subject.under(self.programs, &outer));
        self.subjects.iter().map(start).collect()
    }

    fn load(&self, depth: usize) -> io::Result<Load> {
        Ok(Load {
            connections: CONNECTIONS,
            seconds: self.effort.seconds,
            target: "/".to_owned(),
            script: Some(wrk::script(self.folder, self.targets, depth)?),
            core: Some(CLIENT),
        })
    }

    fn memory(&self) -> io::Result<[Figure; 2]> {
        let names = ["memory, idle, MB", "memory at peak, MB"];
        let [idle, peak] = match tools::missing(&["wrk", "taskset"]) {
            Some(tool) => names.map(|name| lacking(name, tool)),
            None => {
                let memory = self.each("memory", |subject| self.memory_of(subject))?;
                let (idle, peak): (Vec<_>, Vec<_>) = memory.into_iter().unzip();
                let [first, second] = names;
                [Figure::of_each(first, &idle, 1), Figure::of_each(second, &peak, 1)]
            }
        };
        // Includes 7.9 MB for the table of countries.
        Ok([
            idle.goals(Bound::AtMost(13.9), Bound::AtMost(12.9), " MB"),
            peak.goals(Bound::AtMost(16.9), Bound::AtMost(16.4), " MB"),
        ])
    }

    /// The memory of a server after start-up, and its peak under load, in megabytes.
    fn memory_of(&self, subject: &Subject) -> io::Result<(f64, f64)> {
        let server = Server::start(&mut subject.under(self.programs, &["taskset", "-c", BOTH]))?;
        let (idle, _) = server.memory()?;
        let load = Load { core: None, ..self.load(1)? };
        load.run(server.address())?;
        let (_, peak) = server.memory()?;
        server.stop()?;
        Ok((idle as f64 / MEGABYTE, peak as f64 / MEGABYTE))
    }

    fn size(&self) -> io::Result<Figure> {
        let name = "size of the program, stripped, MB";
        let figure = match tools::missing(&["strip"]) {
            Some(tool) => lacking(name, tool),
            None => {
                let sizes = self.each("size", |subject| {
                    let size = size::stripped(&self.programs.join(subject.program), self.folder)?;
                    Ok(size as f64 / MEGABYTE)
                })?;
                Figure::difference(name, &sizes, 2)
            }
        };
        Ok(figure.goals(Bound::AtMost(1.5), Bound::AtMost(0.8), " MB"))
    }

    fn builds(&self) -> io::Result<[Figure; 2]> {
        let names = ["clean release build, s", "debug build after a touch, s"];
        let [clean, touched] = if self.builds {
            let [first, second] = names;
            eprintln!("clean builds, in slices");
            let clean = build::clean(self.subjects, self.folder, BUILD)?;
            let touched =
                self.each("builds after a touch", |subject| build::touched(subject, self.folder))?;
            [Figure::ratio(first, &clean, 1), Figure::of_each(second, &touched, 2)]
        } else {
            names.map(|name| Figure::missing(name, "not measured"))
        };
        Ok([
            clean.goals(Bound::AtMost(BUILD), Bound::AtMost(1.5), ""),
            touched.goals(Bound::AtMost(1.2), Bound::AtMost(0.8), " s"),
        ])
    }

    fn lines(&self) -> io::Result<Figure> {
        let lines = self.each("lines", |subject| {
            Ok(size::lines(&fs::read_to_string(build::root().join(subject.source))?) as f64)
        })?;
        let figure = Figure::of_each("lines that the author writes", &lines, 0);
        Ok(figure.goals(Bound::AtMost(25.0), Bound::AtMost(20.0), ""))
    }

    /// Runs a measurement for each subject.
    fn each<T>(
        &self,
        what: &str,
        measure: impl Fn(&Subject) -> io::Result<T>,
    ) -> io::Result<Vec<T>> {
        let measure = |subject: &Subject| {
            eprintln!("{what}: {}", subject.name);
            measure(subject)
        };
        self.subjects.iter().map(measure).collect()
    }
}

/// A figure that cannot be measured because a tool is missing.
fn lacking(name: &'static str, tool: &str) -> Figure {
    Figure::missing(name, &format!("{tool} not found"))
}
