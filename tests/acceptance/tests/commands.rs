//! Commands that are interrupted: their service is killed between any two steps, or their user moves meanwhile.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use acceptance::{Frontend, Reply, Services, key, until_async};
use http::Method;
use serde_json::json;
use tokio::task::JoinHandle;
use wsgiservice_client::Locate;

const PROGRAM: &str = env!("CARGO_BIN_EXE_services-under-test");

/// How often the point after a step is reached by a clip.
const STEPS: usize = 3;

fn user(name: &str) -> Locate {
    Locate::User(name.to_owned())
}

/// The statuses of what a clip changes: the item, the label, and the item in the label.
async fn statuses(frontend: &Frontend, name: &str) -> [u16; 3] {
    let status =
        async |service, target: String| frontend.get(service, user(name), &target).await.status;
    [
        status("storage", format!("/1/item/{name}/i")).await,
        status("label", format!("/1/label/{name}/inbox")).await,
        status("label", format!("/1/label_item/{name}/inbox/i")).await,
    ]
}

/// Begins something that reaches a point several times, and kills the service there, the last time.
async fn killed<F>(services: &Services, point: &str, passes: usize, work: F) -> F::Output
where
    F: Future<Output: Send> + Send,
{
    let (hold, held) = (format!("hold {point}\n"), format!("held {point}\n"));
    let meanwhile = async {
        for _ in 0..passes {
            services.set_fail_points(&hold);
            until_async(point, async || services.fail_points() == held).await;
        }
        services.set_fail_points(&format!("kill {point}\n"));
        until_async(point, async || services.fail_points().is_empty()).await;
    };
    tokio::join!(work, meanwhile).0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_ends_although_its_service_is_killed_between_any_two_steps() {
    let services = Services::start(PROGRAM);
    let frontend = Frontend::new(services.client());
    let mut points = vec![("after_image", 0), ("after_prepare", 0), ("after_end", 0)];
    points.extend((0..STEPS).map(|passes| ("after_step", passes)));
    for (point, passes) in points {
        let name = format!("{point}-{passes}").replace('_', "-");
        let (point, key) = (format!("command::{point}"), key());
        let clip = frontend.clip(&name, "i", "buy milk", &key);
        let clip = killed(&services, &point, passes, clip).await.with(200);
        let again = frontend.clip(&name, "i", "buy milk", &key).await.with(200);
        assert_eq!((&again.content, again.ticket()), (&clip.content, clip.ticket()), "{name}");
        assert_eq!(statuses(&frontend, &name).await, [200; 3], "{name}");
        frontend.undo(&name, &clip.ticket()).await.with(200);
        assert_eq!(statuses(&frontend, &name).await, [404; 3], "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_undo_ends_although_its_service_is_killed_between_any_two_steps() {
    let services = Services::start(PROGRAM);
    let frontend = Frontend::new(services.client());
    let mut points = vec![("after_undoing", 0), ("after_applying", 0), ("after_undone", 0)];
    points.extend((0..STEPS).map(|passes| ("after_inverse", passes)));
    for (point, passes) in points {
        let name = format!("{point}-{passes}").replace('_', "-");
        let point = format!("command::{point}");
        let ticket = frontend.clip(&name, "i", "buy milk", &key()).await.with(200).ticket();
        let undo = killed(&services, &point, passes, frontend.undo(&name, &ticket)).await.with(200);
        let again = frontend.undo(&name, &ticket).await.with(200);
        assert_eq!((&again.content, again.ticket()), (&undo.content, undo.ticket()), "{name}");
        assert_eq!(statuses(&frontend, &name).await, [404; 3], "{name}");
        frontend.undo(&name, &undo.ticket()).await.with(200);
        assert_eq!(statuses(&frontend, &name).await, [200; 3], "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_command_is_compensated_although_its_service_is_killed() {
    let services = Services::start(PROGRAM);
    let frontend = Frontend::new(services.client());
    for point in ["after_compensating", "after_inverse"] {
        let name = point.replace('_', "-");
        let batch = json!({"steps": [
            {"method": "PUT", "path": format!("/1/item/{name}/i"), "body": {"text": "milk"}},
            {"method": "PUT", "path": format!("/1/label_item/{name}/missing/i"), "body": {}},
        ]});
        let (target, key) = (format!("/1/batch/{name}"), key());
        let send = async || frontend.command(Method::POST, &target, &key, Some(&batch)).await;
        let failed = killed(&services, &format!("command::{point}"), 0, send()).await.with(424);
        assert_eq!(failed.content["code"], json!("step-failed"));
        assert_eq!(
            (&failed.content["failed_step"], &failed.content["problem"]["status"]),
            (&json!(2), &json!(404))
        );
        assert_eq!(statuses(&frontend, &name).await[0], 404);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_undos_of_one_ticket_at_once_are_one() {
    let services = Services::start(PROGRAM);
    let frontend = Frontend::new(services.client());
    let ticket = frontend.clip("u", "i", "buy milk", &key()).await.with(200).ticket();
    services.set_fail_points("hold command::after_undoing\n");
    let undos = async { tokio::join!(frontend.undo("u", &ticket), frontend.undo("u", &ticket)) };
    let release = async {
        let held = "held command::after_undoing\n";
        until_async("one is held", async || services.fail_points() == held).await;
        services.set_fail_points("");
    };
    let ((one, other), ()) = tokio::join!(undos, release);
    assert_eq!((one.status, other.status), (200, 200));
    assert_eq!((one.ticket(), &one.content), (other.ticket(), &other.content));
    assert_eq!(statuses(&frontend, "u").await, [404; 3]);
}

/// Moves a user to the other cluster, and returns its name.
async fn moved(frontend: &Frontend, name: &str) -> String {
    let to = if frontend.home(name).await == "c1" { "c2" } else { "c1" };
    let target = format!("/1/user/{name}/move?to={to}");
    let (locator, key) = (Locate::Closest, key());
    frontend.change("cluster", locator, Method::PUT, &target, &key, None).await.with(202);
    to.to_owned()
}

async fn is_moved(frontend: &Frontend, name: &str) {
    until_async("the move is done", async || {
        let target = format!("/1/user/{name}/move");
        frontend.get("cluster", Locate::Closest, &target).await.content["phase"] == "done"
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_goes_on_where_its_user_has_moved_to() {
    let services = Services::start(PROGRAM);
    let frontend = Frontend::new(services.client());
    for point in ["after_prepare", "after_step", "after_end"] {
        let name = point.replace('_', "-");
        let point = format!("command::{point}");
        services.set_fail_points(&format!("hold {point}\n"));
        let key = key();
        let clip = frontend.clip(&name, "i", "buy milk", &key);
        let meanwhile = async {
            let held = format!("held {point}\n");
            until_async(&point, async || services.fail_points() == held).await;
            let to = moved(&frontend, &name).await;
            is_moved(&frontend, &name).await;
            services.set_fail_points("");
            to
        };
        let (clip, to) = tokio::join!(clip, meanwhile);
        let ticket = clip.with(200).ticket();
        assert_eq!(frontend.home(&name).await, to);
        assert_eq!(statuses(&frontend, &name).await, [200; 3], "{name}");
        let again = frontend.clip(&name, "i", "buy milk", &key).await.with(200);
        assert_eq!((again.ticket(), again.field("x-cluster")), (ticket.clone(), &*to));
        let undone = frontend.undo(&name, &ticket).await.with(200);
        assert_eq!(statuses(&frontend, &name).await, [404; 3], "{name}: {undone:?}");
    }
}

/// Puts an item after the other by commands, each with a ticket, until it is told to end.
fn writer(
    frontend: &Frontend,
    name: &'static str,
    ends: &Arc<AtomicBool>,
) -> JoinHandle<Vec<Reply>> {
    let (frontend, ends) = (frontend.clone(), Arc::clone(ends));
    tokio::spawn(async move {
        let mut replies = Vec::new();
        while !ends.load(Ordering::Relaxed) {
            let number = replies.len();
            let (target, content) =
                (format!("/1/item/{name}/{number}"), json!({ "number": number }));
            let key = key();
            let put = frontend.command(Method::PUT, &target, &key, Some(&content));
            replies.push(put.await.with(201));
        }
        replies
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_go_on_while_their_user_moves_and_the_mover_is_killed_at_each_step() {
    let services = Services::start(PROGRAM);
    let frontend = Frontend::new(services.client());
    let steps = ["frozen", "hold", "import", "commit", "away", "here"];
    let killed = steps.map(|step| (step, format!("kill mover::after_{step}\n")));
    for (name, fail_points) in [("undisturbed", String::new())].into_iter().chain(killed) {
        let ends = Arc::<AtomicBool>::default();
        let writer = writer(&frontend, name, &ends);
        let is_written = async |number: usize| {
            let target = format!("/1/item/{name}/{number}");
            until_async("it is written", async || {
                frontend.get("storage", user(name), &target).await.status == 200
            })
            .await;
        };
        is_written(5).await;
        services.set_fail_points(&fail_points);
        moved(&frontend, name).await;
        is_moved(&frontend, name).await;
        ends.store(true, Ordering::Relaxed);
        let replies = writer.await.expect("a writer");
        let last = replies.len() - 1;
        for number in [0, last / 2, last] {
            frontend.undo(name, &replies[number].ticket()).await.with(200);
            let target = format!("/1/item/{name}/{number}");
            assert_eq!(frontend.get("storage", user(name), &target).await.status, 404);
        }
        let list = frontend.get("storage", user(name), &format!("/1/item/{name}?count=1")).await;
        assert_eq!(
            list.content["total"],
            json!(replies.len() - 3),
            "all but those that were undone"
        );
    }
}
