//! The gmond of Ganglia, which tells as XML what it was sent.

use std::{
    fs,
    io::Read,
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::{folder, free_port, program};

/// How often is looked for what must come soon.
const TRIES: u32 = 600;

/// A pause between two tries.
const PAUSE: Duration = Duration::from_millis(20);

/// A gmond, which ends when it is dropped.
#[derive(Debug)]
pub struct Gmond {
    program: PathBuf,
    configuration: PathBuf,
    port: u16,
    process: Child,
}

impl Gmond {
    /// Starts a gmond and waits until it listens; `None` if it is not installed, which is printed.
    ///
    /// # Panics
    ///
    /// If it is not installed, and `WSGISERVICE_ENGINES` is `required`, or if it does not start.
    #[must_use]
    pub fn start() -> Option<Self> {
        let program = program("gmond")?;
        let port = free_port();
        let configuration = folder(&format!("gmond-{port}")).join("gmond.conf");
        fs::write(&configuration, text(port)).expect("a file");
        let process = started(&program, &configuration);
        let gmond = Self { program, configuration, port, process };
        gmond.wait();
        Some(gmond)
    }

    /// The port that it gets messages on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Ends it, and starts it again, when it has forgotten everything.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn restart(&mut self) {
        self.end();
        self.process = started(&self.program, &self.configuration);
        self.wait();
    }

    /// Its XML, as soon as that has these metrics.
    ///
    /// # Panics
    ///
    /// If it does not have them soon.
    pub fn xml_with<S: AsRef<str>>(&self, metrics: &[S]) -> String {
        let mut xml = String::new();
        for _ in 0..TRIES {
            xml = self.xml().unwrap_or_default();
            let has = |name: &S| xml.contains(&format!("<METRIC NAME=\"{}\"", name.as_ref()));
            if metrics.iter().all(has) {
                return xml;
            }
            thread::sleep(PAUSE);
        }
        panic!("gmond shows other metrics: {xml}");
    }

    fn xml(&self) -> Option<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        let mut xml = String::new();
        stream.read_to_string(&mut xml).ok()?;
        Some(xml)
    }

    /// Waits until it listens, on TCP after UDP.
    fn wait(&self) {
        for _ in 0..TRIES {
            if self.xml().is_some() {
                return;
            }
            thread::sleep(PAUSE);
        }
        panic!("gmond does not listen");
    }

    fn end(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Gmond {
    fn drop(&mut self) {
        self.end();
        if let Some(folder) = self.configuration.parent() {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

fn started(program: &PathBuf, configuration: &PathBuf) -> Child {
    let mut command = Command::new("setpriv");
    command.arg("--pdeathsig=KILL").arg(program).arg("-c").arg(configuration);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("gmond")
}

fn text(port: u16) -> String {
    format!(
        r#"
globals {{ daemonize = no setuid = no max_udp_msg_len = 1472 mute = no deaf = no allow_extra_data = yes host_dmax = 86400 cleanup_threshold = 300 send_metadata_interval = 30 }}
cluster {{ name = "test" }}
host {{ location = "x" }}
udp_recv_channel {{ port = {port} bind = 127.0.0.1 family = inet4 }}
tcp_accept_channel {{ port = {port} bind = 127.0.0.1 family = inet4 }}
modules {{ module {{ name = "core_metrics" }} }}
collection_group {{ collect_once = yes time_threshold = 1200 metric {{ name = "heartbeat" }} }}
"#
    )
}
