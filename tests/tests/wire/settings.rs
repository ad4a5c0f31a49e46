//! The settings of a process: its file, its environment, its flags.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use wsgiservice_test_support::Server;

const NOTES: &str = env!("CARGO_BIN_EXE_notes");
const SEVERAL: &str = env!("CARGO_BIN_EXE_several");

/// A folder to start services in.
struct Folder(tempfile::TempDir);

impl Folder {
    /// A folder with this `notes.toml`.
    fn with(file: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("notes.toml"), file).expect("a file");
        Self(folder)
    }

    fn empty() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self, variables: &[(&str, &str)]) -> Command {
        let mut command = Command::new(NOTES);
        command.current_dir(self.path()).env_clear().envs(variables.iter().copied());
        command
    }

    fn output(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
        self.command(variables).args(arguments).output().expect("output")
    }

    /// What a command prints.
    fn print(&self, variables: &[(&str, &str)], arguments: &[&str]) -> String {
        let output = self.output(variables, arguments);
        let errors = text(&output.stderr);
        assert!(output.status.success(), "{errors}");
        text(&output.stdout)
    }

    /// The mistakes that end the start.
    fn mistakes(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Vec<String> {
        let output = self.output(variables, arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert_eq!(text(&output.stdout), "");
        let lines = text(&output.stderr);
        let (first, more) = lines.trim_end().split_once('\n').unwrap_or((lines.trim_end(), ""));
        let more: Vec<_> = more.lines().map(str::to_owned).collect();
        match first.strip_prefix("Error: ").expect("an error") {
            count if count.ends_with(" mistakes in the settings:") => {
                assert_eq!(count, format!("{} mistakes in the settings:", more.len()));
                more
            }
            error => vec![error.to_owned()],
        }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

const KEY: (&str, &str) = ("NOTES_KEY", "hunter2");

#[test]
fn a_reader_may_close_the_output_of_a_command() {
    let folder = Folder::empty();
    for arguments in [&["openapi"][..], &["routes"], &["config"], &["config", "--template"]] {
        // A pipe without a reader.
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let command = &mut folder.command(&[("NOTES_KEY", "k")]);
        let output = command.args(arguments).stdout(writer).output().expect("output");
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn a_value_is_from_the_last_layer_that_has_it() {
    let folder = Folder::with("key = \"k\"\nword = \"file\"\nbind = \"127.0.0.1:1\"\n");
    let word = |variables: &[(&str, &str)], arguments: &[&str]| {
        let printed = folder.print(variables, &[arguments, &["config"]].concat());
        let line = printed.lines().find(|line| line.starts_with("word "));
        line.expect("a line").split_once(" = ").expect("a value").1.to_owned()
    };
    let variable = [("NOTES_WORD", "variable")];
    assert!(word(&[], &[]).starts_with("\"file\" "));
    assert!(word(&[], &[]).ends_with(" # notes.toml:2:8"));
    assert!(word(&variable, &[]).starts_with("\"variable\" "));
    assert!(word(&variable, &[]).ends_with(" # NOTES_WORD"));
    assert!(word(&variable, &["--word", "flag"]).starts_with("\"flag\" "));
    assert!(word(&variable, &["--word", "flag"]).ends_with(" # --word"));
}

#[test]
fn six_mistakes_are_reported_at_once() {
    let folder = Folder::with(
        "bimd = \"127.0.0.1:80\"\nbind = \"nowhere\"\n\n[limits]\ncontnt = 1\nhead = \"5MB\"\n",
    );
    let variables = [KEY, ("NOTES_LIMITS__CONTNT", "1"), ("NOTES_LIMITS__CONTENT", "5MB")];
    assert_eq!(
        folder.mistakes(&variables, &[]),
        [
            "notes.toml:1:1: unknown setting `bimd`; did you mean `bind`?",
            "notes.toml:5:1: unknown setting `limits.contnt`; did you mean `limits.content`?",
            "NOTES_LIMITS__CONTNT: unknown setting `limits.contnt`; did you mean `limits.content`?",
            "notes.toml:2:8: `bind`: expected an IP address and a port, for example 127.0.0.1:8001",
            "NOTES_LIMITS__CONTENT: `limits.content`: expected a whole number, 0 or more, found \"5MB\"",
            "notes.toml:6:8: `limits.head`: expected a whole number, 0 or more, found \"5MB\"",
        ]
    );
}

#[test]
fn mistakes_are_at_the_place_where_they_were_written() {
    let cases = [
        ("limits = 5", "notes.toml:1:10: `limits` is a table: write `[limits]`"),
        ("[limit]\nhead = 1", "notes.toml:1:2: unknown setting `limit`; did you mean `limits`?"),
        ("head = 1", "notes.toml:1:1: unknown setting `head`; did you mean `limits.head`?"),
        ("[database]\na = 1", "notes.toml:1:1: `database`: expected text, found map"),
        (
            "# ä\nxylophone = 1",
            "notes.toml:2:1: unknown setting `xylophone`; `config --template` prints all settings",
        ),
        ("word = 1", "notes.toml:1:8: `word`: expected text: write \"1\""),
        (
            "mail.patience = -1",
            "notes.toml:1:17: `mail.patience`: expected a number of seconds, for example 2.5",
        ),
        (
            "runtime = \"core\"",
            "notes.toml:1:11: `runtime`: unknown variant `core`, expected `shared` or `per-core`",
        ),
        (
            "trusted = [\"10.0.0.0/33\"]",
            "notes.toml:1:11: `trusted`: expected an IP address or a network, for example 10.0.0.0/8",
        ),
        (
            "ganglia = \"gmond:8649\"",
            "notes.toml:1:11: `ganglia`: expected an address, for example udp://127.0.0.1:8649, or off",
        ),
        (
            "archive.copies = 2",
            "`archive.folder` is required: set it in notes.toml, as NOTES_ARCHIVE__FOLDER or with --archive-folder",
        ),
    ];
    for (file, expected) in cases {
        assert_eq!(Folder::with(file).mistakes(&[KEY], &[]), [expected], "{file}");
    }
    let flags = Folder::empty().mistakes(&[KEY], &["--limits-head", "5MB", "--bind", "here"]);
    assert_eq!(
        flags,
        [
            "--bind: `bind`: expected an IP address and a port, for example 127.0.0.1:8001",
            "--limits-head: `limits.head`: expected a whole number, 0 or more, found \"5MB\"",
        ]
    );
}

/// The one mistake in a value of this setting, which all sources have in common.
fn mistake(name: &str, value: &str) -> String {
    let (variable, flag) = (format!("NOTES_{}", name.to_uppercase()), name.replace('_', "-"));
    let empty = Folder::empty();
    let mistakes = [
        empty.mistakes(&[KEY], &[&format!("--{flag}={value}")]),
        empty.mistakes(&[KEY, (&variable, value)], &[]),
        Folder::with(&format!("{name} = {value:?}")).mistakes(&[KEY], &[]),
    ];
    let mut messages = mistakes.map(|it| {
        let [mistake] = &it[..] else { panic!("{it:?}") };
        let (_, message) = mistake.split_once(&format!(": `{name}`: ")).expect(mistake);
        message.to_owned()
    });
    messages.sort_unstable();
    let [message, ..] = &messages;
    assert!(messages.iter().all(|other| other == message), "{messages:?}");
    message.clone()
}

/// What a setting of the server expects, with an example.
const EXPECTED: [(&str, &str); 6] = [
    ("bind", "expected an IP address and a port, for example 127.0.0.1:8001"),
    ("ganglia", "expected an address, for example udp://127.0.0.1:8649, or off"),
    (
        "otlp",
        "expected the address of a collector without /v1/traces, for example http://127.0.0.1:4318",
    ),
    ("trusted", "expected an IP address or a network, for example 10.0.0.0/8"),
    ("runtime", ", expected `shared` or `per-core`"),
    ("log_format", ", expected `text` or `json`"),
];

const NETWORKS: &str =
    r#"expected a list of networks, for example ["10.0.0.0/8"], or text with commas between them"#;

#[test]
fn an_error_says_what_is_expected_with_an_example_wherever_the_value_was_written() {
    for (name, expected) in EXPECTED {
        let values = match name {
            "bind" => &["", "8080", ":8080", "localhost", "localhost:80", "127.0.0.1", "::1:x"][..],
            "ganglia" => &["", "on", "gmond", "gmond:8649", "8649", "tcp://a"],
            "otlp" => &["", "4318", "localhost:4318", "https://a", "off"],
            "trusted" => &["all", "10.0.0.0/33", "localhost", "10.0.0.1,x", "10.0.0.1:80"],
            _ => &["", "1", "TEXT", "Shared"],
        };
        for value in values {
            let message = mistake(name, value);
            assert!(message.ends_with(expected), "{name} {value:?}: {message}");
        }
    }
    for value in ["loud", "", "hyper", "info,,", "1"] {
        let message = mistake("log", value);
        assert!(
            message.contains("expected a level (off, error, warn, info, debug, trace)"),
            "{message}"
        );
        assert!(message.contains("for example warn,hyper=debug"), "{message}");
    }
}

#[test]
fn a_value_of_another_type_in_the_file_is_told_the_same() {
    for (name, expected) in EXPECTED {
        let expected = if name == "trusted" { NETWORKS } else { expected };
        for value in ["8080", "true", "1.5"] {
            let file = format!("{name} = {value}");
            let mistakes = Folder::with(&file).mistakes(&[KEY], &[]);
            let [mistake] = &mistakes[..] else { panic!("{file}: {mistakes:?}") };
            assert!(mistake.ends_with(expected), "{file}: {mistake}");
        }
    }
    for (file, expected) in [
        ("trusted = [10]", NETWORKS),
        ("log = [\"info\"]", r#"expected text: write "info""#),
        ("hosts = \"a\"", r#"expected a list, for example ["a", "b"], found "a""#),
        ("base = 1", r#"expected text: write "1""#),
        ("limits.head = -5", "expected a whole number, 0 or more, found integer `-5`"),
        ("limits.time = \"5 s\"", r#"expected a number, for example 2.5, found "5 s""#),
        ("verbose = 1", "expected true or false, found integer `1`"),
        ("numbers = [300]", "expected a whole number from 0 to 255, found integer `300`"),
    ] {
        let mistakes = Folder::with(file).mistakes(&[KEY], &[]);
        let [mistake] = &mistakes[..] else { panic!("{file}: {mistakes:?}") };
        assert!(mistake.ends_with(&format!("`: {expected}")), "{file}: {mistake}");
    }
}

#[test]
fn a_value_that_breaks_a_rule_is_reported_where_it_was_written() {
    let folder = Folder::with(
        "word = \"A\"\nnumbers = [1, 10]\n[mail]\npatience = 61\n[archive]\nfolder = \"/a\"\ncopies = 0\n",
    );
    assert_eq!(
        folder.mistakes(&[("NOTES_KEY", "")], &["--word=1234567890-1234567890"]),
        [
            "NOTES_KEY: `key`: it must have at least 1 character",
            "--word: `word`: it must match [a-z0-9]*",
            "notes.toml:2:11: `numbers`: it must be 9 or less",
            "notes.toml:4:12: `mail.patience`: it must be 60 or less",
            "notes.toml:7:10: `archive.copies`: it must be from 1 to 5",
        ]
    );
    let mistakes =
        folder.mistakes(&[KEY, ("NOTES_WORD", &"a".repeat(21))], &["--archive-copies=6"]);
    assert_eq!(mistakes[0], "NOTES_WORD: `word`: it must have 0 to 20 characters");
    assert_eq!(mistakes[3], "--archive-copies: `archive.copies`: it must be from 1 to 5");
}

#[test]
fn a_limit_that_would_let_nobody_in_is_a_mistake() {
    for name in ["connections", "requests", "head", "target", "elements"] {
        assert_eq!(
            Folder::with(&format!("limits.{name} = 0")).mistakes(&[KEY], &["config"]),
            [format!("notes.toml:1:{}: `limits.{name}`: it must be 1 or more", name.len() + 11)]
        );
    }
    let times = ["time", "head-time", "content-pause", "content-time", "response-pause"];
    for name in times.into_iter().chain(["idle-time", "connection-time", "coding-time"]) {
        let mistakes = Folder::empty().mistakes(&[KEY], &[&format!("--limits-{name}=0"), "config"]);
        let [mistake] = &mistakes[..] else { panic!("{name}: {mistakes:?}") };
        assert!(mistake.ends_with("it must be 0.001 or more"), "{mistake}");
    }
}

#[test]
fn the_name_of_a_host_is_not_an_address_of_a_page() {
    for value in ["https://api.example", "api.example:443", "*.example", "api.example/", ""] {
        let mistakes = Folder::with(&format!("hosts = [{value:?}]")).mistakes(&[KEY], &["config"]);
        let [mistake] = &mistakes[..] else { panic!("{value}: {mistakes:?}") };
        let expected = "expected the name of a host, without a port, for example api.example";
        assert!(mistake.ends_with(expected), "{mistake}");
    }
}

#[test]
fn each_error_of_the_syntax_has_its_line() {
    let folder = Folder::with("word = \n[limits\n");
    let mistakes = folder.mistakes(&[KEY], &[]);
    assert_eq!(mistakes.len(), 2, "{mistakes:?}");
    assert!(mistakes[0].starts_with("notes.toml:1:8: "), "{mistakes:?}");
    assert!(mistakes[1].starts_with("notes.toml:2:8: "), "{mistakes:?}");
}

#[test]
fn a_required_value_that_is_missing_is_named() {
    assert_eq!(
        Folder::empty().mistakes(&[], &[]),
        ["`key` is required: set it in notes.toml, as NOTES_KEY or with --key"]
    );
}

#[test]
fn a_given_file_must_exist_and_replaces_the_usual_one() {
    let folder = Folder::with("word = \"usual\"");
    let mistakes = folder.mistakes(&[KEY], &["--config", "other.toml"]);
    assert_eq!(mistakes, ["cannot read other.toml: No such file or directory (os error 2)"]);
    fs::write(folder.path().join("other.toml"), "verbose = true").expect("a file");
    let printed = folder.print(&[KEY], &["--config", "other.toml", "config"]);
    assert!(printed.contains("# other.toml:1:11\n"), "{printed}");
    assert!(printed.contains("# word is not set\n"), "{printed}");
}

#[test]
fn the_name_is_that_of_the_file_of_the_program() {
    use std::os::unix::process::CommandExt;

    let folder = Folder::with("nonsense");
    let mut command = folder.command(&[("MY_NOTES_2_WORD", "two"), ("MY_NOTES_2_KEY", "k")]);
    let output = command.arg0("/opt/my-notes.2").arg("config").output().expect("output");
    let printed = text(&output.stdout);
    assert!(printed.contains("# MY_NOTES_2_WORD\n"), "{output:?}");
}

#[test]
fn a_service_of_several_has_a_name_and_arguments_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("my-notes.toml"), "bind = '[::1]:80'").expect("a file");
    let output = |arguments: &[&str]| {
        let mut command = Command::new(SEVERAL);
        command.current_dir(folder.path()).env_clear().env("MY_NOTES_DATABASE", "a.db");
        command.arg("my-notes").args(arguments).output().expect("output")
    };
    let printed = text(&output(&["--topology", "t.toml", "config"]).stdout);
    let origins: Vec<_> = printed.lines().take(3).map(|line| line.split_once('#')).collect();
    let origins: Vec<_> = origins.into_iter().flatten().map(|(_, origin)| origin.trim()).collect();
    assert_eq!(origins, ["MY_NOTES_DATABASE", "--topology", "my-notes.toml:1:8"], "{printed}");
    let help = text(&output(&["--help"]).stdout);
    assert!(help.contains("Usage: several my-notes [OPTIONS]"), "{help}");
    assert!(text(&output(&["--version"]).stdout).starts_with("my-notes "));
    let unknown = text(&output(&["--datbase", "b.db"]).stderr);
    assert!(unknown.contains("a similar argument exists: '--database'"), "{unknown}");
}

#[test]
fn the_type_of_a_field_says_what_text_means() {
    let print = |flag: &str, value: &str| {
        let printed = Folder::empty().print(&[KEY], &[&format!("--{flag}={value}"), "config"]);
        let origin = format!("# --{flag}");
        let line = printed.lines().find(|line| line.ends_with(&origin)).expect("a line").to_owned();
        let (_, value) = line.split_once(" = ").expect("a value");
        value.trim_end_matches(&origin).trim_end().to_owned()
    };
    assert_eq!(print("word", "123"), "\"123\"");
    assert_eq!(print("word", "true"), "\"true\"");
    assert_eq!(print("verbose", "true"), "true");
    assert_eq!(print("numbers", "3,4"), "[3, 4]");
    assert_eq!(print("numbers", "[3, 4]"), "[3, 4]");
    assert_eq!(print("numbers", ""), "[]");
    assert_eq!(print("mail-servers", "a, b"), "[\"a\", \"b\"]");
    assert_eq!(print("mail-patience", "1"), "1");
    assert_eq!(print("hosts", "a.example,b.example"), "[\"a.example\", \"b.example\"]");
    let printed = Folder::empty().print(
        &[KEY],
        &["--verbose", "--hosts", "a", "--hosts", "b", "--trusted", "none", "config"],
    );
    assert!(printed.contains("= true ") && printed.contains("= [\"a\", \"b\"] "), "{printed}");
}

#[test]
fn secrets_are_in_no_output() {
    let folder = Folder::with("key = 5317");
    let output = folder.output(&[], &["config"]);
    assert_eq!(text(&output.stderr), "Error: notes.toml:1:7: `key`: invalid value\n");
    let printed = folder.print(&[KEY], &["config"]);
    let line = printed.lines().find(|line| line.starts_with("key ")).expect("a line");
    assert!(line.contains("= … ") && line.ends_with("# NOTES_KEY (secret)"), "{line}");
    assert!(!printed.contains("hunter2") && !printed.contains("5317"), "{printed}");
}

#[test]
fn variables_of_other_programs_are_a_warning() {
    let kubernetes = [KEY, ("NOTES_PORT", "tcp://10.0.0.1:80"), ("NOTES_SERVICE_HOST", "10.0.0.1")];
    let folder = Folder::empty();
    let printed = folder.print(&kubernetes, &["config"]);
    assert!(printed.ends_with(
        "# NOTES_PORT is ignored: unknown variable\n# NOTES_SERVICE_HOST is ignored: unknown variable\n"
    ));
    let mut command = folder.command(&kubernetes);
    let log = folder.path().join("log");
    command.stderr(fs::File::create(&log).expect("a file"));
    drop(Server::start_command(command, &[]));
    let logged = fs::read_to_string(log).expect("the log");
    assert_eq!(logged.lines().count(), 1, "{logged}");
    assert!(logged.contains("NOTES_PORT, NOTES_SERVICE_HOST"), "{logged}");
}

#[test]
fn what_is_in_force_is_printed_with_its_origin() {
    let folder = Folder::with("[limits]\nhead = 9000\n[archive]\nfolder = \"/a\"\n");
    let printed = folder.print(&[KEY, ("NOTES_BIND", "[::1]:0")], &["--limits-time=1.5", "config"]);
    insta::assert_snapshot!("config", printed);
    let template = folder.print(&[], &["config", "--template"]);
    insta::assert_snapshot!("template", template);
    let help = folder.print(&[], &["--help"]);
    insta::assert_snapshot!("help", help);
}

#[test]
fn a_template_can_be_a_file() {
    let folder = Folder::with("nonsense");
    let template = folder.print(&[], &["config", "--template"]);
    fs::write(folder.path().join("notes.toml"), template).expect("a file");
    folder.print(&[KEY], &["config"]);
}

#[test]
fn the_documentation_of_a_setting_has_no_links_since_it_is_read_as_text() {
    for arguments in [&["config", "--template"][..], &["--help"]] {
        let text = Folder::empty().print(&[], arguments);
        assert!(!text.contains("]("), "{text}");
    }
}

/// Starts the service, and returns it with what its options are.
fn start(folder: &Folder, variables: &[(&str, &str)], arguments: &[&str]) -> (Server, String) {
    let server = Server::start_command(folder.command(variables), arguments);
    let options = server.get("/").json();
    let options = options.as_str().expect("text").to_owned();
    (server, options)
}

#[test]
fn a_service_has_its_settings() {
    let folder = Folder::with("word = \"w\"\nnumbers = [7]\n[mail]\npatience = 0.25\n");
    let (_, options) = start(&folder, &[KEY, ("NOTES_ARCHIVE__FOLDER", "/a")], &["--verbose"]);
    assert_eq!(
        options,
        "sqlite::memory: 7 Some(\"w\") true [7] \
         Mail { servers: [\"localhost\"], patience: 250ms } \
         Some(Archive { folder: \"/a\", copies: 3 })"
    );
    let (_, options) = start(&Folder::empty(), &[KEY], &[]);
    assert_eq!(
        options,
        "sqlite::memory: 7 None false [1, 2] \
         Mail { servers: [\"localhost\"], patience: 2.5s } None"
    );
}

#[test]
fn each_limit_replaces_that_of_the_application() {
    let statuses = |arguments: &[&str]| {
        let (server, _) = start(&Folder::empty(), &[KEY], arguments);
        let content = server.ask("POST", "/", "", &"a".repeat(17));
        let target = server.get("/?123456789012345678901");
        [content.status().to_owned(), target.status().to_owned()]
    };
    assert_eq!(statuses(&[]), ["413", "414"]);
    assert_eq!(statuses(&["--limits-content", "17"]), ["200", "414"]);
    assert_eq!(statuses(&["--limits-target=100", "--limits-time=60"]), ["413", "200"]);
}
