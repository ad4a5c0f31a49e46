//! A shared cache in front of a service: Debian's nginx with `proxy_cache`. Without nginx, these tests are skipped.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use wsgiservice::{Application, mount, resource};

/// A page that is long enough for a content coding.
#[mount("/page")]
struct Page;

#[resource]
impl Page {
    #[expires(minutes = 5)]
    fn get(&self, #[from(header = "Accept-Language")] language: Option<String>) -> Vec<String> {
        vec![language.unwrap_or_default(); 1_000]
    }
}

#[mount("/account")]
struct Account;

#[resource]
impl Account {
    #[expires(days = 1, vary = ["X-Tenant"])]
    fn get(&self) -> &'static str {
        "account"
    }
}

/// A running nginx, in one process, which is killed when this value is dropped.
struct Nginx {
    process: Child,
    folder: PathBuf,
    address: SocketAddr,
}

impl Nginx {
    /// Starts nginx as a cache in front of an address; `None` if it is not installed.
    fn start(origin: SocketAddr, name: &str) -> Option<Self> {
        let program = engines::program("nginx")?;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("nginx-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let free = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = free.local_addr().expect("an address");
        drop(free);
        fs::write(folder.join("nginx.conf"), configuration(&folder, address, origin))
            .expect("written");
        let mut command = Command::new(program);
        command
            .arg("-p")
            .arg(&folder)
            .arg("-c")
            .arg(folder.join("nginx.conf"))
            .args(["-e", "stderr"]);
        let mut process = command.stderr(Stdio::piped()).spawn().expect("nginx");
        let mut log = BufReader::new(process.stderr.take().expect("a log")).lines();
        // nginx reports the operating system right after it listens.
        let mut seen = Vec::new();
        let listens = log.by_ref().map_while(Result::ok).any(|line| {
            let is_os = line.contains(" OS: ");
            seen.push(line);
            is_os
        });
        std::thread::spawn(move || log.for_each(drop));
        assert!(listens, "nginx did not start: {seen:?}");
        Some(Self { process, folder, address })
    }

    /// Sends a `GET`; returns the status of the cache, and the head and the content of the response.
    async fn get(&self, target: &str, fields: &str) -> (String, String, Vec<u8>) {
        let mut stream = TcpStream::connect(self.address).await.expect("a connection");
        let request =
            format!("GET {target} HTTP/1.1\r\nhost: example\r\nconnection: close\r\n{fields}\r\n");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut response = Vec::new();
        stream.read_to_end(&mut response).await.expect("a response");
        let end = response.windows(4).position(|it| it == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8_lossy(&response[..end]).to_lowercase();
        let cached = head.lines().find_map(|line| line.strip_prefix("x-cache: ")).expect("x-cache");
        (cached.to_owned(), head.clone(), response[end + 4..].to_vec())
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn configuration(folder: &Path, address: SocketAddr, origin: SocketAddr) -> String {
    let folder = folder.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|name| format!("{name}_temp_path {folder}/{name};")).concat();
    format!(
        "daemon off; master_process off; pid {folder}/pid; error_log stderr notice;
        events {{}}
        http {{
            access_log off; {temporary}
            proxy_cache_path {folder}/cache keys_zone=all:1m;
            server {{
                listen {address};
                location / {{
                    proxy_pass http://{origin};
                    proxy_http_version 1.1;
                    proxy_cache all;
                    add_header X-Cache $upstream_cache_status always;
                }}
            }}
        }}"
    )
}

/// A service behind nginx; `None` if nginx is not installed.
async fn cached(name: &str) -> Option<Nginx> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a socket");
    let origin = listener.local_addr().expect("an address");
    let nginx = Nginx::start(origin, name)?;
    let application = Application::new("cached").mount(Page).mount(Account);
    tokio::spawn(application.serve(listener));
    Some(nginx)
}

#[tokio::test]
async fn a_cache_sends_no_content_coding_that_the_client_does_not_accept() {
    let Some(nginx) = cached("coding").await else { return };
    for (fields, coding) in [
        ("accept-encoding: zstd\r\n", Some("zstd")),
        ("", None),
        ("accept-encoding: gzip\r\n", Some("gzip")),
    ] {
        for expected in ["miss", "hit"] {
            let (cached, head, _) = nginx.get("/page", fields).await;
            assert_eq!(cached, expected, "{head}");
            let sent = head.lines().find_map(|line| line.strip_prefix("content-encoding: "));
            assert_eq!(sent, coding);
        }
    }
}

#[tokio::test]
async fn a_cache_sends_the_representation_that_the_client_accepts() {
    let Some(nginx) = cached("representation").await else { return };
    for (fields, content) in [
        ("accept: application/json\r\n", "\"account\""),
        ("accept: text/xml\r\n", "<response>account</response>"),
    ] {
        for expected in ["miss", "hit"] {
            let (cached, head, got) = nginx.get("/account", fields).await;
            assert_eq!(cached, expected, "{head}");
            assert_eq!(String::from_utf8_lossy(&got), content);
        }
    }
}

#[tokio::test]
async fn a_cache_distinguishes_the_header_fields_that_a_method_takes() {
    let Some(nginx) = cached("fields").await else { return };
    for language in ["de", "fr"] {
        for expected in ["miss", "hit"] {
            let fields = format!("accept-language: {language}\r\n");
            let (cached, head, content) = nginx.get("/page", &fields).await;
            assert_eq!(cached, expected, "{head}");
            assert!(String::from_utf8_lossy(&content).starts_with(&format!("[\"{language}\"")));
        }
    }
}
