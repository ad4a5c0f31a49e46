//! The expansions of the library also work at run time.

use renamed::{Application, testing::Client};
use wsgiservice_hygiene::{Document, Generic, Store, Unnamed};

struct Greeting;

impl Store for Greeting {
    fn text(&self, id: u32) -> Option<&str> {
        (id == 1).then_some("hello")
    }
}

fn client() -> Client {
    let application = Application::new("hygiene").mount(Document::new("text"));
    let application = application.mount(Generic { store: Greeting });
    Client::new(application.mount(Unnamed([Greeting, Greeting])))
}

fn run<T>(future: impl Future<Output = T>) -> T {
    renamed_runtime().block_on(future)
}

fn renamed_runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

#[test]
fn a_resource_works_with_a_renamed_dependency_and_shadowed_names() {
    let response = run(client().get("/a/first").send());
    assert_eq!(response.text(), "3");
    assert_eq!(response.field("cache-control"), Some("private, max-age=3600"));
}

#[test]
fn rules_before_and_after_the_path_apply() {
    assert_eq!(run(client().get("/c/first").send()).status(), 400);
    assert_eq!(run(client().get("/a/second?count=0").send()).status(), 410);
}

#[test]
fn a_raw_identifier_matches_its_plain_name_in_the_path() {
    assert_eq!(Document::path("a", "first"), "/a/first");
}

#[test]
fn a_resource_may_be_generic() {
    assert_eq!(run(client().get("/generic/1").send()).text(), r#""hello""#);
    assert_eq!(run(client().get("/generic/2").send()).status(), 404);
    assert_eq!(run(client().get("/unnamed/1").send()).text(), r#""hello""#);
}
