//! Other programs for tests. The database servers MariaDB and PostgreSQL are started once for each test process, when the first
//! test needs them; each test that needs a [`Gmond`] starts its own. They have a private folder and a free port, and end with
//! their process. [`program`] finds all others.
//!
//! If a program is not installed, its tests are skipped, or fail if the environment variable `WSGISERVICE_ENGINES` is `required`.
//! What is skipped is printed, and appended to the file that `WSGISERVICE_SKIPPED` names. `.ci/run` has the Debian packages.

mod gmond;

use std::{
    env, fs,
    io::{self, Write},
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{self, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

pub use self::gmond::Gmond;

/// A database server, or none: a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file of SQLite.
    Sqlite,
    /// A server of MariaDB.
    MariaDb,
    /// A server of PostgreSQL.
    Postgres,
}

/// Runs asynchronous functions as tests, on each engine.
///
/// A function takes the [`Engine`], and returns early if [`database`] has none.
#[macro_export]
macro_rules! on_each_engine {
    ($($test:ident)*) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $test() { super::$test($crate::Engine::Sqlite).await; })*
        }
        mod on_mariadb {
            $(#[tokio::test] async fn $test() { super::$test($crate::Engine::MariaDb).await; })*
        }
        mod on_postgres {
            $(#[tokio::test] async fn $test() { super::$test($crate::Engine::Postgres).await; })*
        }
    };
}

/// The URL of a new database, in `folder` if it is a file; `None` if the engine is not installed, which is printed.
///
/// # Panics
///
/// If the engine is not installed, or does not start, and `WSGISERVICE_ENGINES` is `required`.
#[must_use]
pub fn database(engine: Engine, folder: &Path) -> Option<String> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);

    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let server = match engine {
        Engine::Sqlite => {
            return Some(format!("sqlite:{}", folder.join(name).with_extension("db").display()));
        }
        Engine::MariaDb => mariadb(),
        Engine::Postgres => postgres(),
    };
    let Some(server) = server else {
        report_missing(&format!("{engine:?}"));
        return None;
    };
    run(&mut server.statement(&format!("CREATE DATABASE {name}")));
    Some(server.url.replace("DATABASE", &name))
}

/// A program that a test runs; `None` if it is not installed, which is reported.
///
/// # Panics
///
/// If it is not installed, and `WSGISERVICE_ENGINES` is `required`.
#[must_use]
pub fn program(name: &str) -> Option<PathBuf> {
    let program = found(name);
    if program.is_none() {
        report_missing(name);
    }
    program
}

/// Reports that tests are skipped, since something that they need is not installed.
///
/// # Panics
///
/// If `WSGISERVICE_ENGINES` is `required`.
pub fn report_missing(what: &str) {
    let are_required = env::var_os("WSGISERVICE_ENGINES").is_some_and(|it| it == "required");
    assert!(!are_required, "{what} is not installed");
    println!("skipped: {what} is not installed");
    if let Some(list) = env::var_os("WSGISERVICE_SKIPPED") {
        let list = fs::OpenOptions::new().create(true).append(true).open(list);
        // In one write, since other tests append to it, too.
        let line = format!("tests that need {what}, which is not installed\n");
        list.and_then(|mut list| list.write_all(line.as_bytes())).expect("the list");
    }
}

/// A server, and the program that runs a statement on it, which is its last argument.
struct Server {
    /// The URL of any `DATABASE`.
    url: String,
    client: PathBuf,
    arguments: Vec<String>,
}

impl Server {
    /// A command that runs a statement.
    fn statement(&self, sql: &str) -> Command {
        let mut client = Command::new(&self.client);
        client.args(&self.arguments).arg(sql).stdin(Stdio::null());
        client
    }

    /// Starts the program of the server, which ends with this process, and waits until it runs statements: it listens earlier.
    fn started(self, mut program: Command) -> Self {
        let (ended, has_ended) = mpsc::channel();
        // The signal is sent at the end of the thread that starts the server, which is not that of a test.
        thread::spawn(move || {
            program.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let _ = ended.send((program.status(), format!("{program:?}")));
        });
        while !self.statement("SELECT 1").output().is_ok_and(|output| output.status.success()) {
            match has_ended.recv_timeout(Duration::from_millis(50)) {
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                ended => panic!("a server has ended: {ended:?}"),
            }
        }
        self
    }
}

fn mariadb() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();

    let start = || {
        let (program, install) = (found("mariadbd")?, found("mariadb-install-db")?);
        let client = found("mariadb")?;
        let folder = folder_of("mysql", "mariadb");
        let data = format!("--datadir={}", folder.display());
        // Others start servers at the same time, whose temporary tables have the same names.
        let temporary = format!("--tmpdir={}", folder.display());
        let mut installing = Command::new(install);
        installing.args([
            "--no-defaults",
            "--auth-root-authentication-method=socket",
            "--skip-test-db",
        ]);
        if is_root() {
            installing.arg("--user=mysql");
        }
        run(installing.args([&data, &temporary]));
        let socket = folder.join("s.sock");
        let port = free_port();
        let mut server = as_user("mysql", &program);
        server.args(["--no-defaults", "--bind-address=127.0.0.1", &data, &temporary]);
        server.arg(format!("--socket={}", socket.display()));
        server.arg(format!("--pid-file={}", folder.join("p.pid").display()));
        server.arg(format!("--port={port}"));
        let user = if is_root() { "root".to_owned() } else { env::var("USER").unwrap_or_default() };
        let socket = socket.display();
        let url = format!("mysql://{user}@localhost/DATABASE?socket={socket}");
        let arguments = ["--no-defaults".to_owned(), format!("--socket={socket}")];
        let arguments = arguments.into_iter().chain([format!("--user={user}"), "-e".to_owned()]);
        Some(Server { url, client, arguments: arguments.collect() }.started(server))
    };
    SERVER.get_or_init(start).as_ref()
}

fn postgres() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();

    let start = || {
        let (program, install) = (found("postgres")?, found("initdb")?);
        let client = found("psql")?;
        let folder = folder_of("postgres", "postgres");
        let mut installing = as_user("postgres", &install);
        run(installing.arg("-D").arg(&folder).args(["-U", "postgres", "-A", "trust"]));
        let port = free_port();
        let mut server = as_user("postgres", &program);
        server.arg("-D").arg(&folder).arg("-k").arg(&folder);
        server.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        let url = format!("postgres://postgres@127.0.0.1:{port}/DATABASE");
        let port = port.to_string();
        let arguments = ["-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-d", "postgres", "-c"];
        let arguments = arguments.map(ToOwned::to_owned).into();
        Some(Server { url, client, arguments }.started(server))
    };
    SERVER.get_or_init(start).as_ref()
}

/// A program in the path, or where Debian keeps those of servers.
fn found(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin"));
    let folders = debian.chain(env::split_paths(&path)).chain(["/usr/sbin".into()]);
    folders.map(|folder| folder.join(name)).find(|program| program.is_file())
}

/// An empty folder that the user of a server owns, if the tests are run by root, whom servers refuse.
fn folder_of(user: &str, name: &str) -> PathBuf {
    remove_what_is_left();
    let folder = folder(name);
    if is_root() {
        run(Command::new("chown").arg(user).arg(&folder));
    }
    folder
}

/// An empty folder. A server writes until its end, which is that of this process: another one removes the folder.
fn folder(name: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("{FOLDERS}{}-{name}", process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("permissions");
    folder
}

/// What the names of the folders begin with, before the ID of the process.
const FOLDERS: &str = "wsgiservice-engines-";

/// Removes the folders of processes that have ended.
fn remove_what_is_left() {
    for entry in fs::read_dir(env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let id = name.strip_prefix(FOLDERS).and_then(|rest| rest.split('-').next());
        if id.is_some_and(|id| !Path::new("/proc").join(id).exists()) {
            // Another process may do the same.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("an ID");
    id.stdout == b"0\n"
}

/// A command of another user, if this one is root, which ends with the thread that starts it.
fn as_user(user: &str, program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    if is_root() {
        command.args([&format!("--reuid={user}"), &format!("--regid={user}"), "--clear-groups"]);
    }
    // A change of the user would take the signal back, so that it comes after that.
    command.args(["setpriv", "--pdeathsig=KILL"]).arg(program);
    command
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0");
    let address = listener.and_then(|listener| listener.local_addr());
    address
        .map(|address| address.port())
        .unwrap_or_else(|error: io::Error| panic!("no port: {error}"))
}
