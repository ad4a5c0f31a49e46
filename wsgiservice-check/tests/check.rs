//! `check_wsgiservice` checks services over a socket.

use std::{
    env,
    ffi::OsStr,
    future::pending,
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    os::unix::ffi::OsStrExt,
    process::{Command, Output},
    sync::LazyLock,
    thread,
    time::Duration,
};

use wsgiservice::{
    Application,
    health::Health,
    mount, resource,
    server::Network,
    statistics::{Counter, Gauge},
};

#[mount("/ping")]
struct Ping;

#[resource]
impl Ping {
    fn get(&self) -> &'static str {
        "pong"
    }
}

fn orders() -> Application {
    Application::new("orders").mount(Ping)
}

/// Serves an application as long as the test runs.
async fn serve(application: Application) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a listener");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(application.serve_until(listener, pending()));
    address
}

/// A server that responds with these bytes to each request.
fn respond(response: impl AsRef<[u8]> + Send + 'static) -> SocketAddr {
    respond_by(move |stream| stream.write_all(response.as_ref()))
}

/// A server that responds like this to each request.
fn respond_by(respond: impl Fn(&mut TcpStream) -> io::Result<()> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let _ = stream.read(&mut [0; 4096]);
            let _ = respond(&mut stream);
        }
    });
    address
}

/// A server that begins its response like this, and repeats what follows without end.
fn repeat(begin: &'static str, piece: &'static str, pause: Duration) -> SocketAddr {
    respond_by(move |stream| {
        stream.write_all(begin.as_bytes())?;
        loop {
            stream.write_all(piece.as_bytes())?;
            thread::sleep(pause);
        }
    })
}

fn run(arguments: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_check_wsgiservice")).args(arguments).output();
    output.expect("an output")
}

/// The exit status of a check, and its line, whose performance data are as the guidelines say.
fn check(address: SocketAddr, arguments: &[&str]) -> (i32, String) {
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    let output = run(&[&["-H", &host, "-p", &port], arguments].concat());
    let line = String::from_utf8(output.stdout).expect("text");
    let line = line.strip_suffix('\n').expect("a line").to_owned();
    assert!(!line.contains('\n') && line.starts_with("WSGISERVICE "), "{line}");
    if let Some((_, data)) = line.split_once(" | ") {
        assert_performance_data(data);
        assert_read_by_monitoring_plugins(data);
    }
    (output.status.code().expect("a status"), line)
}

/// The message of a line, without the time, which is another one each time.
fn message(line: &str) -> String {
    let message = line.split(" | ").next().expect("a message");
    let parts = message.split(", ").filter(|part| !part.starts_with("time "));
    parts.collect::<Vec<_>>().join(", ")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_health_of_a_service_is_the_exit_status() {
    for (health, status, expected) in [
        (Health::Pass, 0, "WSGISERVICE OK - health pass"),
        (
            Health::Warn("7 GB left".to_owned()),
            1,
            "WSGISERVICE WARNING - health warn (disk: 7 GB left)",
        ),
        (
            Health::Fail("it|is\nfull".to_owned()),
            2,
            "WSGISERVICE CRITICAL - health fail (disk: it is full)",
        ),
    ] {
        let check_disk = move || {
            let health = health.clone();
            async move { health }
        };
        let address = serve(orders().check("disk", check_disk)).await;
        let (found, line) = check(address, &[]);
        assert_eq!((found, message(&line).as_str()), (status, expected));
        assert!(line.contains(" | 'time'=0"), "{line}");
        assert!(line.ends_with("s;;;0;10"), "{line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_is_told_the_health_alone() {
    let failing = || async { Health::Fail("full".to_owned()) };
    let application = orders().trusted(Vec::<Network>::new()).check("disk", failing);
    let address = serve(application).await;
    let (status, line) = check(address, &[]);
    assert_eq!((status, message(&line).as_str()), (2, "WSGISERVICE CRITICAL - health fail"));
    let address = serve(orders().trusted(Vec::<Network>::new())).await;
    let (status, line) = check(address, &["-s", "orders"]);
    assert_eq!(status, 3, "{line}");
    assert!(line.contains("needs this host in `trusted`"), "{line}");
}

#[test]
fn a_service_that_is_stopped_is_critical() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let (status, line) = check(address, &[]);
    assert_eq!(status, 2);
    assert!(line.contains("CRITICAL - cannot connect to 127.0.0.1:"), "{line}");
    let output = run(&["-H", "nowhere.invalid", "-p", "8001"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
}

#[test]
fn a_service_that_hangs_is_critical() {
    // The kernel accepts the connection, and nobody else does.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("an address");
    let (status, line) = check(address, &["-t", "0.1"]);
    assert_eq!((status, line.as_str()), (2, "WSGISERVICE CRITICAL - no answer within 0.1 s"));
    let (status, line) = check(respond(b""), &[]);
    assert_eq!(status, 2, "{line}");
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"status\":\"pass\"}";
    let (status, line) = check(respond(cut), &[]);
    assert_eq!(status, 2, "{line}");
}

#[test]
fn an_answer_that_cannot_be_read_is_unknown() {
    for response in [
        "SSH-2.0-OpenSSH_9.2\r\n".to_owned(),
        answer("200 OK", "<html>"),
        answer("301 Moved Permanently\r\nlocation: /elsewhere", ""),
        answer("401 Unauthorized\r\nwww-authenticate: Basic", "{\"title\":\"Unauthorized\"}"),
        answer("404 Not Found", ""),
        answer("502 Bad Gateway", "{}"),
        answer("200 OK", "{\"status\":\"pass\",\"status\":\"fail\"}"),
        answer("200 OK", "{\"status\":\"pass\"} {}"),
        answer("200 OK", &format!("{{\"status\":{}", "[".repeat(1 << 20))),
        answer("200 OK", &"x".repeat((16 << 20) + 1)),
    ] {
        let (status, line) = check(respond(response), &[]);
        assert_eq!(status, 3, "{line}");
    }
}

fn answer(status: &str, content: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n\r\n{content}", content.len())
}

#[test]
fn a_long_message_is_cut() {
    let results = r#"{"status":"fail","output":"x\ny"},"#.repeat(100_000);
    let results = results.trim_end_matches(',');
    let content = format!(r#"{{"status":"fail","checks":{{"a|b":[{results}]}}}}"#);
    let (status, line) = check(respond(answer("503 Service Unavailable", &content)), &[]);
    assert_eq!(status, 2);
    assert!(line.starts_with("WSGISERVICE CRITICAL - health fail (a b: x y; "), "{line}");
    assert!(line.len() < 1200, "{line}");
}

#[test]
fn an_answer_without_end_is_not_awaited() {
    let (head, soon) = ("HTTP/1.1 200 OK\r\n\r\n", Duration::ZERO);
    let pause = Duration::from_millis(10);
    for (begin, piece, pause, seconds, expected) in [
        // As much as is sent, or as long as it takes.
        (head, "{\"status\":\"pass\"}                    ", soon, "10", 3),
        ("HTTP/1.1 200 OK\r\n", "name: value\r\n", soon, "10", 3),
        ("", "x", soon, "10", 3),
        ("", "HTTP/1.1 100 Continue\r\n\r\n", soon, "0.2", 2),
        (head, " ", pause, "0.2", 2),
        ("HTTP/1.1 200 OK\r\nname: ", "x", pause, "0.2", 2),
    ] {
        let (status, line) = check(repeat(begin, piece, pause), &["-t", seconds]);
        assert_eq!(status, expected, "{begin}{piece}: {line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_is_a_name_or_an_address() {
    let Ok(listener) = tokio::net::TcpListener::bind("[::1]:0").await else { return };
    let address = listener.local_addr().expect("an address");
    tokio::spawn(orders().serve_until(listener, pending()));
    let port = address.port().to_string();
    for host in ["::1", "[::1]", "0:0::1"] {
        let output = run(&["-H", host, "-p", &port, "-s", "orders"]);
        assert_eq!(output.status.code(), Some(0), "{host}: {output:?}");
    }
    let port = serve(orders()).await.port().to_string();
    let output = run(&["-H", "localhost", "-p", &port]);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ranges_are_for_the_time_unless_there_is_a_number() {
    let waiting: Gauge = Gauge::new("waiting_jobs", "Jobs that wait.");
    let jobs: Counter = Counter::new("jobs", "Jobs.");
    waiting.set((), 12.5);
    let address = serve(orders().metric(&waiting).metric(&jobs)).await;
    for (arguments, status, expected) in [
        (&["-w", "60", "-c", "120"][..], 0, "s;60;120;0;10"),
        (&["-w", "60:", "-c", "~:120"], 1, "s;60:;~:120;0;10"),
        (&["-c", "@0:60"], 2, "s;;@0:60;0;10"),
        (&["--stat", "waiting_jobs", "-w", "10", "-c", "20"], 1, " 'waiting_jobs'=12.5;10;20"),
        (
            &["--stat", "waiting_jobs", "-w", "10", "-c", "@10:20"],
            2,
            " 'waiting_jobs'=12.5;10;@10:20",
        ),
        (&["--stat", "jobs"], 0, " 'jobs'=0"),
        (&["--stat", "connections.open", "-c", "1:"], 0, " 'connections.open'=1;;1:"),
        (&["--stat", "p99_ms", "-c", "10000"], 0, "ms;;10000"),
        (&["--stat", "p90_ms", "-c", "10000"], 0, "ms;;10000"),
        (&["--stat", "methods.panics", "-c", "0"], 0, " 'methods.panics'=0c;;0"),
        (&["--stat", "process.resident_memory_bytes", "-w", "~:"], 0, "B;~:"),
        (&["-s", "orders", "--stat", "shed", "-w", "0"], 0, " 'shed'=0c;0"),
    ] {
        let (found, line) = check(address, arguments);
        assert_eq!(found, status, "{arguments:?}: {line}");
        assert!(line.ends_with(expected), "{arguments:?}: {line}");
    }
    let (status, line) = check(address, &["--stat", "nothing"]);
    assert_eq!(status, 3, "{line}");
    assert!(
        line.contains("unknown number `nothing`, expected one of client_errors_per_sec, "),
        "{line}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_service_is_critical() {
    let address = serve(orders()).await;
    assert_eq!(check(address, &["-s", "orders"]).0, 0);
    let (status, line) = check(address, &["-s", "geoip"]);
    assert_eq!(status, 2);
    assert!(line.contains("expected `geoip`, but this service is `orders`"), "{line}");
}

#[test]
fn wrong_arguments_are_unknown() {
    let complete = ["-H", "a", "-p", "1"];
    for arguments in [
        &[][..],
        &["-H", "a"],
        &[&complete[..], &["--nothing"]].concat(),
        &[&complete[..], &["-x\ny"]].concat(),
        &[&complete[..], &["-p", "2"]].concat(),
        &[&complete[..], &["-w", "1", "--warning=2"]].concat(),
        &[&complete[..], &["-w", "1e3"]].concat(),
        &[&complete[..], &["-w", "NaN"]].concat(),
        &[&complete[..], &["-c", "inf"]].concat(),
        &[&complete[..], &["-c", "~:NaN"]].concat(),
        &[&complete[..], &["-t", "inf"]].concat(),
        &["-H", "a\r\nb", "-p", "1|1"],
        &["-h"],
        &["-V"],
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        assert!(!output.stdout.is_empty() && output.stderr.is_empty(), "{arguments:?}");
        let text = String::from_utf8(output.stdout).expect("text");
        let is_help = arguments.contains(&"-h");
        assert!(is_help || text.lines().count() == 1 && !text.contains('|'), "{text}");
    }
    let no_text = Command::new(env!("CARGO_BIN_EXE_check_wsgiservice"))
        .args([OsStr::new("-p"), OsStr::new("1"), OsStr::from_bytes(b"-H\xff\n")])
        .output()
        .expect("an output");
    assert_eq!(no_text.status.code(), Some(3), "{no_text:?}");
    assert_eq!(no_text.stdout.iter().filter(|byte| **byte == b'\n').count(), 1);
}

#[test]
fn a_host_that_is_none_is_critical() {
    for host in ["", " ", "a b", "a\r\nb", "::1::", "[::1", "a/b", "a:80", "999.1.1.1", "ä|b"] {
        let output = run(&["-H", host, "-p", "1"]);
        assert_eq!(output.status.code(), Some(2), "{host}: {output:?}");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(text.lines().count() == 1 && !text.contains('|'), "{text}");
    }
}

/// The plugins' own library says of each range and number whether it is a reason for an alarm.
#[tokio::test(flavor = "multi_thread")]
async fn a_range_means_what_it_means_to_monitoring_plugins() {
    if !has_monitoring_plugins() {
        return;
    }
    let waiting: Gauge = Gauge::new("waiting_jobs", "Jobs that wait.");
    let address = serve(orders().metric(&waiting)).await;
    let ranges =
        ["10", "10:", "~:10", "10:20", "@10:20", "@10", "@10:", "@~:10", "-5:-1", "-5:", "10:10"];
    let values = ["-5.5", "-1", "0", "10", "10.001", "20", "20.5"];
    let program = "use Monitoring::Plugin::Range; \
        for my $range (split / /, $ARGV[0]) { for my $value (split / /, $ARGV[1]) { \
            print Monitoring::Plugin::Range->parse_range_string($range)->check_range($value) ? 2 : 0 } }";
    let mut perl = Command::new("perl");
    let output = perl.args(["-e", program, &ranges.join(" "), &values.join(" ")]).output();
    let output = String::from_utf8(output.expect("perl").stdout).expect("text");
    let mut expected = output.chars().map(|it| it.to_digit(10));
    let (host, port) = (address.ip().to_string(), address.port().to_string());
    for (range, value) in ranges.into_iter().flat_map(|it| values.map(|value| (it, value))) {
        waiting.set((), value.parse().expect("a number"));
        let output = run(&["-H", &host, "-p", &port, "--stat", "waiting_jobs", "-c", range]);
        let expected = expected.next().flatten().map(u32::cast_signed);
        assert_eq!(output.status.code(), expected, "{range} {value}: {output:?}");
    }
}

/// Each number has a label, a value with a unit, and at most two ranges and two bounds.
fn assert_performance_data(data: &str) {
    for datum in data.split(' ') {
        let (label, values) = datum.split_once('=').expect("a label");
        let label = label.strip_prefix('\'').and_then(|label| label.strip_suffix('\''));
        let label = label.expect("quotes");
        assert!(!label.is_empty() && !label.contains(['\'', '=', '|']), "{data}");
        let mut values = values.split(';');
        let value = values.next().expect("a value");
        let unit = value.trim_start_matches(|it: char| it.is_ascii_digit() || "-.".contains(it));
        assert!(
            ["", "s", "us", "ms", "%", "B", "KB", "MB", "GB", "TB", "c"].contains(&unit),
            "{data}"
        );
        assert_number(value.strip_suffix(unit).expect("a number"), data);
        let values: Vec<_> = values.collect();
        assert!(values.len() <= 4, "{data}");
        for (position, value) in values.iter().enumerate().filter(|(_, value)| !value.is_empty()) {
            match position {
                0 | 1 => assert_range(value, data),
                _ => assert_number(value, data),
            }
        }
    }
}

fn assert_range(range: &str, data: &str) {
    let range = range.strip_prefix('@').unwrap_or(range);
    let (start, end) = range.split_once(':').unwrap_or(("0", range));
    if start != "~" {
        assert_number(start, data);
    }
    if !end.is_empty() {
        assert_number(end, data);
    }
}

fn assert_number(number: &str, data: &str) {
    let is_plain = number.bytes().all(|byte| byte.is_ascii_digit() || b"-.".contains(&byte));
    assert!(is_plain && number.parse::<f64>().is_ok(), "`{number}` in {data}");
}

/// What the parser of the plugins' own library reads is what was written, if it is installed. It does not know the inverted
/// ranges of the guidelines, which plugins such as check_procs write as we do: it reads what is before one.
fn assert_read_by_monitoring_plugins(data: &str) {
    let program = "use Monitoring::Plugin::Performance; \
        print $_->perfoutput, ' ' for Monitoring::Plugin::Performance->parse_perfstring($ARGV[0])";
    if !has_monitoring_plugins() {
        return;
    }
    let output = Command::new("perl").args(["-e", program, data]).output().expect("perl");
    let read = String::from_utf8_lossy(&output.stdout).replace('\'', "");
    let read: Vec<_> =
        read.split_whitespace().map(|it| it.trim_end_matches(';').to_owned()).collect();
    let read_part =
        |it: &str| it.split('@').next().unwrap_or_default().trim_end_matches(';').replace('\'', "");
    let written: Vec<_> = data.split(' ').map(read_part).collect();
    assert_eq!(read, written, "{output:?}");
}

/// Whether the library of the plugins is installed; it is reported if not.
fn has_monitoring_plugins() -> bool {
    static HAS: LazyLock<bool> = LazyLock::new(|| {
        let output = Command::new("perl").args(["-MMonitoring::Plugin", "-e", "1"]).output();
        output.is_ok_and(|output| output.status.success())
    });
    if !*HAS {
        engines::report_missing("libmonitoring-plugin-perl");
    }
    *HAS
}
