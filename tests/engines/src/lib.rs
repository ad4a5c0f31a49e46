//! Database servers for tests: MariaDB and PostgreSQL, started once for each test process, when the first test needs them.
//!
//! A server has a private folder and a free port, and ends with its process. The Debian packages `mariadb-server` and
//! `postgresql` have the programs; where one is missing, its tests print that they are skipped.

use std::{
    env, fs, io,
    net::{TcpListener, TcpStream},
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

/// Where a test keeps a database, in `folder` if it is a file.
///
/// `None` if the engine is not installed, which is printed. Each call is for another database; a server's has to be created
/// by the statement, at the first URL, before the second one is used.
#[must_use]
pub fn place(engine: Engine, folder: &Path) -> Option<Place> {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);

    let name = format!("test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    let server = match engine {
        Engine::Sqlite => {
            let url = format!("sqlite:{}", folder.join(name).with_extension("db").display());
            return Some(Place { url, creation: None });
        }
        Engine::MariaDb => mariadb(),
        Engine::Postgres => postgres(),
    };
    let Some(server) = server else {
        println!("skipped: {engine:?} is not installed");
        return None;
    };
    let url = |database: &str| server.replace("DATABASE", database);
    let outer = match engine {
        Engine::Postgres => url("postgres"),
        _ => url("mysql"),
    };
    Some(Place { url: url(&name), creation: Some((outer, format!("CREATE DATABASE {name}"))) })
}

/// Where a test keeps a database.
#[derive(Clone, Debug)]
pub struct Place {
    /// The URL of the database.
    pub url: String,
    /// The URL at which it is created, and the statement.
    pub creation: Option<(String, String)>,
}

/// The URL of the server of MariaDB, for any `DATABASE`.
fn mariadb() -> Option<&'static str> {
    static SERVER: OnceLock<Option<String>> = OnceLock::new();

    let start = || {
        let (program, install) = (found("mariadbd")?, found("mariadb-install-db")?);
        let folder = folder("mariadb", "mysql");
        let data = format!("--datadir={}", folder.display());
        let mut installing = Command::new(install);
        installing.args([
            "--no-defaults",
            "--auth-root-authentication-method=socket",
            "--skip-test-db",
        ]);
        if is_root() {
            installing.arg("--user=mysql");
        }
        run(installing.arg(&data));
        let socket = folder.join("s.sock");
        let port = free_port();
        let mut server = as_user("mysql", &program);
        server.args(["--no-defaults", "--bind-address=127.0.0.1", &data]);
        server.arg(format!("--socket={}", socket.display()));
        server.arg(format!("--pid-file={}", folder.join("p.pid").display()));
        server.arg(format!("--port={port}"));
        serve(server, port);
        let user = if is_root() { "root".to_owned() } else { env::var("USER").unwrap_or_default() };
        Some(format!("mysql://{user}@localhost/DATABASE?socket={}", socket.display()))
    };
    SERVER.get_or_init(start).as_deref()
}

/// The URL of the server of PostgreSQL, for any `DATABASE`.
fn postgres() -> Option<&'static str> {
    static SERVER: OnceLock<Option<String>> = OnceLock::new();

    let start = || {
        let (program, install) = (found("postgres")?, found("initdb")?);
        let folder = folder("postgres", "postgres");
        let mut installing = as_user("postgres", &install);
        run(installing.arg("-D").arg(&folder).args(["-U", "postgres", "-A", "trust"]));
        let port = free_port();
        let mut server = as_user("postgres", &program);
        server.arg("-D").arg(&folder).arg("-k").arg(&folder);
        server.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        serve(server, port);
        Some(format!("postgres://postgres@127.0.0.1:{port}/DATABASE"))
    };
    SERVER.get_or_init(start).as_deref()
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
fn folder(name: &str, user: &str) -> PathBuf {
    remove_what_is_left();
    // The server writes until its end, which is that of this process: another one removes the folder.
    let folder = env::temp_dir().join(format!("{FOLDERS}{}-{name}", process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).expect("permissions");
    if is_root() {
        run(Command::new("chown").arg(user).arg(&folder));
    }
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

/// Starts a server that ends with this process, and waits until it listens.
fn serve(mut server: Command, port: u16) {
    let (ended, has_ended) = mpsc::channel();
    // The signal is sent at the end of the thread that starts the server, which is not that of a test.
    thread::spawn(move || {
        server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let _ = ended.send((server.status(), format!("{server:?}")));
    });
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        match has_ended.recv_timeout(Duration::from_millis(50)) {
            Err(mpsc::RecvTimeoutError::Timeout) => {}
            ended => panic!("a server has ended: {ended:?}"),
        }
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0");
    let address = listener.and_then(|listener| listener.local_addr());
    address
        .map(|address| address.port())
        .unwrap_or_else(|error: io::Error| panic!("no port: {error}"))
}
