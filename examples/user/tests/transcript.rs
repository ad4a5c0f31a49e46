//! Runs the example as a process: its responses are those of the Python original, without its faults.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::Command,
};

use wsgiservice_test_support::{Response, Server};

const ID: &str = "1b4e28ba-2fa1-11d2-883f-0016d3cca427";

fn user() -> Server {
    Server::start(env!("CARGO_BIN_EXE_user"), &[])
}

fn target(extension: &str) -> String {
    format!("/1/{ID}{extension}")
}

fn put(user: &Server, extension: &str, form: &str) -> Response {
    user.send("PUT", &target(extension), form)
}

#[test]
fn post_creates_a_user_with_a_new_id() {
    let user = user();
    let created = user.send("POST", "/1/", "email=a@b.ch&password=p");
    assert_eq!(created.status(), "201");
    let json = created.json();
    let id = json["id"].as_str().expect("an ID");
    assert_eq!(created.content, format!(r#"{{"id":"{id}","saved":true}}"#));
    assert_eq!(created.field("location"), Some(&*format!("/1/{id}")));
    let got = user.get(&format!("/1/{id}"));
    assert_eq!(got.content, format!(r#"{{"id":"{id}","email":"a@b.ch"}}"#));
}

#[test]
fn post_accepts_json_and_returns_xml() {
    let user = user();
    let json = r#"{"email": "a3@b.ch", "password": "p"}"#;
    let fields = "content-type: application/json\r\naccept: text/xml\r\n";
    let created = user.ask("POST", "/1/", fields, json);
    assert_eq!(created.status(), "201");
    let xml = created.content.strip_prefix("<response><id>").expect("an ID");
    assert!(xml.ends_with("</id><saved>true</saved></response>"), "{xml}");
}

#[test]
fn a_user_is_saved_returned_and_deleted() {
    let user = user();
    assert_eq!(user.get(&target("")).status(), "404");
    let saved = put(&user, "", "email=c@b.ch&password=p");
    assert_eq!(saved.status(), "200");
    assert_eq!(saved.content, format!(r#"{{"id":"{ID}","saved":true}}"#));
    let got = user.get(&target(""));
    assert_eq!(got.status(), "200");
    assert_eq!(got.content, format!(r#"{{"id":"{ID}","email":"c@b.ch"}}"#));
    assert!(got.field("cache-control").is_some_and(|it| it.contains("max-age=86400")));
    let deleted = user.ask("DELETE", &target(""), "", "");
    assert_eq!(deleted.status(), "200");
    assert_eq!(deleted.content, format!(r#"{{"id":"{ID}","deleted":true}}"#));
    assert_eq!(user.ask("DELETE", &target(""), "", "").status(), "404");
}

#[test]
fn the_status_has_the_same_xml_as_the_original() {
    let user = user();
    let saved = put(&user, ".xml", "email=c@b.ch&password=p");
    assert_eq!(saved.content, format!("<status saved=\"True\"><id>{ID}</id></status>"));
    assert_eq!(saved.field("content-type"), Some("text/xml; charset=utf-8"));
    let got = user.get(&target(".xml"));
    assert_eq!(got.content, format!("<response><id>{ID}</id><email>c@b.ch</email></response>"));
    let deleted = user.ask("DELETE", &target(".xml"), "", "");
    assert_eq!(deleted.content, format!("<status deleted=\"True\"><id>{ID}</id></status>"));
}

#[test]
fn a_missing_or_empty_parameter_is_a_400() {
    let user = user();
    for (method, target) in [("PUT", target("")), ("POST", "/1/".to_owned())] {
        for content in ["email=c@b.ch", "email=c@b.ch&password="] {
            let response = user.send(method, &target, content);
            assert_eq!(response.status(), "400");
            assert_eq!(response.json()["error"], "Value for password must not be empty.");
        }
    }
    assert_eq!(user.send("POST", "/1/auth/c@b.ch", "").status(), "400");
}

#[test]
fn the_right_password_returns_the_user() {
    let user = user();
    assert_eq!(put(&user, "", "email=c@b.ch&password=p").status(), "200");
    let known = user.send("POST", "/1/auth/c@b.ch", "password=p");
    assert_eq!(known.status(), "200");
    assert_eq!(known.content, format!(r#"{{"id":"{ID}","email":"c@b.ch"}}"#));
}

#[test]
fn a_wrong_password_and_an_unknown_email_get_the_same_response() {
    let user = user();
    assert_eq!(put(&user, "", "email=c@b.ch&password=p").status(), "200");
    let answers = ["c@b.ch", "d@b.ch"].map(|email| {
        let response = user.send("POST", &format!("/1/auth/{email}"), "password=q");
        assert_eq!(response.status(), "401");
        assert!(response.field("www-authenticate").is_some());
        response.content.replace(email, "")
    });
    assert_eq!(answers[0], answers[1]);
}

#[test]
fn a_password_is_read_only_from_the_content_and_never_returned() {
    let user = user();
    let answers = [
        user.send("POST", "/1/auth/c@b.ch?password=hunter2", ""),
        user.send("POST", "/1/", "password=hunter2"),
        put(&user, "", "email=c@b.ch&password=hunter2"),
        user.get(&target("")),
        user.send("POST", "/1/auth/c@b.ch", "password=hunter2"),
    ];
    let statuses = answers.each_ref().map(Response::status);
    assert_eq!(statuses, ["400", "400", "200", "200", "200"]);
    for response in &answers {
        assert!(!response.content.contains("hunter2") && !response.content.contains("argon2"));
    }
}

#[test]
fn a_second_user_with_the_same_email_is_a_409() {
    let user = user();
    assert_eq!(put(&user, "", "email=c@b.ch&password=p").status(), "200");
    assert_eq!(user.send("POST", "/1/", "email=c@b.ch&password=q").status(), "409");
    assert_eq!(put(&user, "", "email=c@b.ch&password=q").status(), "200", "its own email");
}

#[test]
fn of_several_writers_with_the_same_tag_exactly_one_wins() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("writers.sqlite");
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
    let arguments = ["--database", file.to_str().expect("a path")];
    let user = &Server::start(env!("CARGO_BIN_EXE_user"), &arguments);
    let statuses_at_once = |condition: &str| {
        let fields = &format!("content-type: application/x-www-form-urlencoded\r\n{condition}\r\n");
        std::thread::scope(|scope| {
            let put = |index| {
                let form = format!("email={index}@b.ch&password=p");
                user.ask("PUT", &target(""), fields, &form)
            };
            let writers: Vec<_> =
                (0..4).map(|index| scope.spawn(move || put(index).status().to_owned())).collect();
            let statuses = writers.into_iter().map(|it| it.join().expect("a response"));
            let mut statuses: Vec<_> = statuses.collect();
            statuses.sort_unstable();
            statuses
        })
    };
    assert_eq!(statuses_at_once("if-none-match: *"), ["200", "412", "412", "412"]);
    for _ in 0..3 {
        let tag = user.get(&target("")).field("etag").expect("a tag").to_owned();
        let condition = format!("if-match: {tag}");
        assert_eq!(statuses_at_once(&condition), ["200", "412", "412", "412"]);
    }
}

#[test]
fn acknowledged_users_survive_a_kill_and_no_password_is_stored() {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("user.sqlite");
    let files = ["", "-wal", "-shm"].map(|suffix| format!("{}{suffix}", file.display()));
    for file in &files {
        let _ = std::fs::remove_file(file);
    }
    let arguments = ["--database", file.to_str().expect("a path")];
    let start = || Server::start(env!("CARGO_BIN_EXE_user"), &arguments);
    let mut ids = BTreeSet::new();
    for round in 0..3 {
        let user = start();
        let created = user.send("POST", "/1/", &format!("email={round}@b.ch&password=hunter2"));
        ids.insert(created.json()["id"].as_str().expect("an ID").to_owned());
        user.stop("-KILL");
    }
    let user = start();
    assert_eq!(ids.len(), 3);
    for id in ids {
        assert_eq!(user.get(&format!("/1/{id}")).status(), "200");
    }
    assert_eq!(user.send("POST", "/1/auth/1@b.ch", "password=hunter2").status(), "200");
    for file in files.iter().filter_map(|file| std::fs::read(file).ok()) {
        assert!(!file.windows(7).any(|window| window == b"hunter2"));
    }
}

#[test]
fn help_describes_the_service() {
    let help = Command::new(env!("CARGO_BIN_EXE_user")).arg("--help").output().expect("it runs");
    let help = String::from_utf8_lossy(&help.stdout).into_owned();
    assert!(
        help.starts_with("Stores and authenticates users") && help.contains("--database <FILE>"),
        "{help}"
    );
}

#[test]
fn a_command_opens_no_database() {
    let folder = tempfile::tempdir().expect("a folder");
    let within = folder.path().join("user.db");
    for file in [within.to_str().expect("text"), "/nonexistent/user.db"] {
        for command in [&["openapi"][..], &["routes"]] {
            let program = Command::new(env!("CARGO_BIN_EXE_user"))
                .args([&["--database", file], command].concat())
                .output();
            let output = program.expect("output");
            assert!(output.status.success(), "{output:?}");
            assert!(!output.stdout.is_empty());
        }
    }
    assert_eq!(folder.path().read_dir().expect("a folder").count(), 0);
}

#[test]
fn a_database_that_cannot_be_opened_ends_the_start() {
    let arguments = ["--bind", "127.0.0.1:0", "--database", "/nonexistent/user.db"];
    let output = Command::new(env!("CARGO_BIN_EXE_user")).args(arguments).output().expect("output");
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty(), "it never listened");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("unable to open database file"), "{text}");
}

#[test]
fn too_many_logins_get_a_503_that_says_when_to_try_again() {
    let user = user();
    let form = "password=p";
    let request = format!(
        "POST /1/auth/nobody HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    );
    // Far more than may wait.
    let mut clients: Vec<_> =
        (0..300).map(|_| TcpStream::connect(user.address()).expect("a connection")).collect();
    for client in &mut clients {
        client.write_all(request.as_bytes()).expect("sent");
    }
    let responses: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            let mut response = String::new();
            client.read_to_string(&mut response).expect("a response");
            response
        })
        .collect();
    let (refused, answered): (Vec<_>, Vec<_>) =
        responses.iter().partition(|response| response.starts_with("HTTP/1.1 503 "));
    assert!(!refused.is_empty());
    assert!(refused.iter().all(|response| response.contains("\r\nretry-after: 1\r\n")));
    assert!(answered.iter().all(|response| response.starts_with("HTTP/1.1 401 ")));
    assert_eq!(user.send("POST", "/1/auth/nobody", form).status(), "401");
}

#[test]
fn it_tells_how_it_is_doing() {
    let user = user();
    put(&user, "", "email=a@b.ch&password=p");
    let health = user.get("/_internal/health").json();
    assert_eq!(health["checks"]["database"][0]["status"], "pass");
    let metrics = user.get("/_internal/metrics").content;
    assert!(metrics.contains("\npassword_hash_duration_seconds_count 1\n"), "{metrics}");
}
