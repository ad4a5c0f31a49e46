//! The settings of the service, in a process of its own, since reading them sets the log up.

use pipeline::Settings;
use wsgiservice_client::RestClient;

#[test]
fn listeners_are_read_from_the_settings_with_their_mistakes() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pipeline.toml");
    let with = |listeners: &str| {
        std::fs::write(&file, listeners).expect("a file");
        let arguments = ["--config".into(), file.clone().into(), "routes".into()];
        let client = RestClient::builder().build().expect("a client");
        wsgiservice::run_as("pipeline", arguments, async |settings: Settings| {
            pipeline::application(settings, client).await
        })
    };
    let readme = include_str!("../README.md");
    let documented = readme.split("```toml").nth(1).and_then(|it| it.split("```").next());
    with(documented.expect("an example")).expect("right");

    let error = with("[[listeners]]\nname = 'a'\ntopics = ['item']\nurls = 'x'\n").unwrap_err();
    assert!(error.to_string().contains("pipeline.toml:1:"), "{error}");
    assert!(error.to_string().contains("unknown field `urls`"), "{error}");
    let wrong = "[[listeners]]\nname = 'a'\ntopics = []\nservice = 'b'\npath = 'c'\n";
    let error = with(wrong).unwrap_err();
    for mistake in ["`listeners[0]` (\"a\"): `topics`", "`listeners[0]` (\"a\"): `path`"] {
        assert!(error.to_string().contains(mistake), "{error}");
    }
}
