//! The panic hook of a process is called for a panic in a method, too. The file is a binary of its own, since the hook
//! belongs to the process.

use std::{
    panic::{set_hook, take_hook},
    sync::{Arc, Mutex},
};

use wsgiservice::{Application, mount, resource, testing::Client};

#[mount("/broken")]
struct Broken;

#[resource]
impl Broken {
    fn get(&self) -> u8 {
        panic!("the gauge is broken")
    }
}

#[tokio::test]
async fn the_panic_hook_of_the_process_is_called_for_a_panic_in_a_method() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let own = Arc::clone(&seen);
    set_hook(Box::new(move |info| {
        let message = info.payload_as_str().unwrap_or_default().to_owned();
        own.lock().expect("a lock").push(message);
    }));
    let client = Client::new(Application::new("gauges").mount(Broken));
    let responses = [client.get("/broken").send().await, client.get("/broken").send().await];
    drop(take_hook());
    assert!(responses.iter().all(|response| response.status() == 500));
    assert!(responses.iter().all(|response| !response.text().contains("gauge")));
    assert_eq!(*seen.lock().expect("a lock"), ["the gauge is broken"; 2]);
}
