//! Runs all services as `services up` does, and looks at their processes.

mod frontend;
mod rest;

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

pub use frontend::{Frontend, Reply, key};
pub use rest::of;

use tempfile::TempDir;
use wsgiservice_client::RestClient;

/// How long anything may take.
const LONGEST: Duration = Duration::from_secs(60);

/// All services, which end when this is dropped. Their log is printed if the test has failed.
#[derive(Debug)]
pub struct Services {
    up: Child,
    folder: TempDir,
    table: String,
}

impl Services {
    /// Runs all services in two clusters, and waits until all answer.
    ///
    /// # Panics
    /// If they do not.
    #[must_use]
    pub fn start(program: &str) -> Self {
        Self::start_in(program, tempfile::tempdir().expect("a folder"))
    }

    /// Runs all services in two clusters, with the data of a folder, and waits until all answer.
    ///
    /// # Panics
    /// If they do not.
    #[must_use]
    pub fn start_in(program: &str, folder: TempDir) -> Self {
        Self::run(program, folder, &["--clusters", "2"])
    }

    /// Runs all services in the clusters that a folder has, one if it is new, and waits until all answer.
    ///
    /// # Panics
    /// If they do not.
    #[must_use]
    pub fn start_by_default_in(program: &str, folder: TempDir) -> Self {
        Self::run(program, folder, &[])
    }

    fn run(program: &str, folder: TempDir, arguments: &[&str]) -> Self {
        let mut command = Command::new(program);
        command.args(["up", "--port", &port().to_string()]).args(arguments);
        command.arg("--data").arg(folder.path());
        command.current_dir(folder.path()).env_remove("WSGISERVICE_CLUSTER");
        command.env("WSGISERVICE_TEST_CLOCK", folder.path().join("clock"));
        command.env("WSGISERVICE_FAIL_POINTS", folder.path().join("fail-points"));
        let log = File::options().create(true).append(true).open(folder.path().join("log"));
        command.stdout(Stdio::piped()).stderr(log.expect("a file"));
        let mut up = command.spawn().expect("a process");
        let mut output = BufReader::new(up.stdout.take().expect("standard output"));
        // The table is printed as soon as all services answer, as one write.
        let mut table = String::new();
        let length = output.read_line(&mut table).expect("a table");
        let mut services = Self { up, folder, table };
        assert!(length > 0, "the services do not start");
        let processes = services.processes().len();
        while services.table.lines().count() <= processes {
            let length = output.read_line(&mut services.table).expect("a line");
            assert!(length > 0, "the table is not complete: {}", services.table);
        }
        thread::spawn(move || output.read_to_end(&mut Vec::new()));
        services
    }

    /// The table that `services up` has printed.
    #[must_use]
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The folder with the data of the services.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What the services have logged.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// The topology of the services.
    #[must_use]
    pub fn topology(&self) -> PathBuf {
        self.folder.path().join("topology.toml")
    }

    /// The address of a service, such as `127.0.0.1:8100`; the cluster of one for all clusters is `all`.
    ///
    /// # Panics
    /// If it does not run.
    #[must_use]
    pub fn address(&self, service: &str, cluster: &str) -> &str {
        let rows = self.table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let mut rows = rows.filter(|row| row.get(..2) == Some(&[service, cluster]));
        let row = rows.next().expect("a row of the table");
        row[2].trim_start_matches("http://")
    }

    /// A client of the services, in the cluster `c1`.
    ///
    /// # Panics
    /// If the topology has mistakes.
    #[must_use]
    pub fn client(&self) -> RestClient {
        RestClient::from_file(self.topology()).expect("a client")
    }

    /// The processes of the services by their names, such as `global/cluster` and `c1/storage`, sorted.
    ///
    /// # Panics
    /// If the folder cannot be read.
    #[must_use]
    pub fn processes(&self) -> Vec<(String, u32)> {
        let mut processes = Vec::new();
        for place in ["c1", "c2", "global"] {
            let Ok(files) = fs::read_dir(self.folder.path().join(place)) else { continue };
            for file in files {
                let path = file.expect("a file").path();
                if path.extension().is_some_and(|extension| extension == "pid") {
                    let name = path.file_stem().unwrap_or_default().to_string_lossy();
                    let name = format!("{place}/{name}");
                    processes.extend(self.process(&name).map(|process| (name, process)));
                }
            }
        }
        processes.sort();
        processes
    }

    /// The process of a service, such as `c1/storage`. While the service is being started again, it is the one that has ended.
    #[must_use]
    pub fn process(&self, name: &str) -> Option<u32> {
        let text = fs::read_to_string(self.folder.path().join(format!("{name}.pid"))).ok()?;
        text.trim().parse().ok()
    }

    /// Kills a service, and waits until it has another process.
    ///
    /// # Panics
    /// If it has none.
    pub fn kill(&self, name: &str) {
        let process = self.process(name).expect("a process");
        send("-KILL", process);
        until(&format!("{name} is started again"), || {
            self.process(name).is_some_and(|other| other != process)
        });
    }

    /// Sends a signal, such as `-INT`, to `services up`.
    pub fn signal(&self, signal: &str) {
        send(signal, self.up.id());
    }

    /// Waits until `services up` has ended.
    ///
    /// # Panics
    /// If it does not end.
    #[must_use]
    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        until("`services up` ends", || {
            status = self.up.try_wait().expect("a status");
            status.is_some()
        });
        status.expect("a status")
    }

    /// Sends a signal, such as `-INT`, to `services up`, and waits until it has ended.
    ///
    /// # Panics
    /// If it does not end.
    pub fn stop(&mut self, signal: &str) -> ExitStatus {
        self.signal(signal);
        self.wait()
    }

    /// Sends a signal, such as `-INT`, to `services up`, waits until it has ended, and returns the folder with the data.
    ///
    /// # Panics
    /// If it does not end.
    #[must_use]
    pub fn into_folder(mut self, signal: &str) -> TempDir {
        self.stop(signal);
        std::mem::replace(&mut self.folder, tempfile::tempdir().expect("a folder"))
    }

    /// Adds this to the clocks of all services.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub fn set_clock(&self, offset: Duration) {
        let new = self.folder.path().join("clock.new");
        fs::write(&new, offset.as_millis().to_string()).expect("a file");
        fs::rename(new, self.folder.path().join("clock")).expect("a file");
    }

    /// The time of all services, in milliseconds.
    #[must_use]
    pub fn now(&self) -> i64 {
        let offset = fs::read_to_string(self.folder.path().join("clock")).unwrap_or_default();
        test_hooks::now() + offset.trim().parse::<i64>().unwrap_or(0)
    }

    /// Says what happens at named points: a line for each, `kill NAME` or `hold NAME`.
    ///
    /// # Panics
    /// If the file cannot be written.
    pub fn set_fail_points(&self, lines: &str) {
        let new = self.folder.path().join("fail-points.set");
        fs::write(&new, lines).expect("a file");
        fs::rename(new, self.folder.path().join("fail-points")).expect("a file");
    }

    /// What is left of the lines of fail points; one that is held begins with `held`.
    #[must_use]
    pub fn fail_points(&self) -> String {
        fs::read_to_string(self.folder.path().join("fail-points")).unwrap_or_default()
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        // The services end when the pipes to them are closed.
        let _ = self.up.kill();
        let _ = self.up.wait();
        if thread::panicking() {
            eprintln!("{}", self.log());
        }
    }
}

/// A first port for all services, another one for each test and each process of tests.
fn port() -> u32 {
    static NUMBER: AtomicU32 = AtomicU32::new(0);

    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    10_000 + (std::process::id() * 61 + number * 31) % 20_000
}

/// Waits for a condition.
///
/// # Panics
/// If it is not true in time.
pub fn until(what: &str, mut is_true: impl FnMut() -> bool) {
    let deadline = Instant::now() + LONGEST;
    while !is_true() {
        assert!(Instant::now() < deadline, "not within {LONGEST:?}: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Waits for a condition, while other tasks go on.
///
/// # Panics
/// If it is not true in time.
pub async fn until_async(what: &str, mut is_true: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + LONGEST;
    while !is_true().await {
        assert!(Instant::now() < deadline, "not within {LONGEST:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Sends a signal, such as `-KILL`, to a process.
///
/// # Panics
/// If it cannot be sent.
pub fn send(signal: &str, process: u32) {
    let status = Command::new("kill").args([signal, &process.to_string()]).status();
    assert!(status.expect("the program `kill`").success(), "{signal} to {process}");
}

/// The group of a process, or 0. A terminal sends signals to a group.
#[must_use]
pub fn group(process: u32) -> u32 {
    stat(process).and_then(|fields| fields.get(2)?.parse().ok()).unwrap_or(0)
}

/// Whether a process runs. One that nobody has waited for, but has ended, does not.
#[must_use]
pub fn is_running(process: u32) -> bool {
    let fields = stat(process).unwrap_or_default();
    fields.first().is_some_and(|state| state != "Z" && state != "X")
}

/// What Linux says of a process, after its name: its state, its parent, its group, and so on.
fn stat(process: u32) -> Option<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields = text.rsplit(')').next()?.split_whitespace();
    Some(fields.map(str::to_owned).collect())
}
