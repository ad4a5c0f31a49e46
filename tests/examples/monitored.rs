//! A service whose requests take their time, or fail, and whose checks find something, for the tests of its statistics in a
//! browser (`scripts/documentation/browser.mjs`).

use std::time::Duration;

use wsgiservice::{
    Application, Problem,
    health::Health,
    mount, resource,
    statistics::{Counter, Gauge, Histogram, Label},
};
use wsgiservice_client::{ClosestCluster, RestClient};

/// How the payment of an order ended.
#[derive(Clone, Copy, Label)]
enum Outcome {
    Paid,
    Declined,
}

/// An order.
#[mount("/orders/{id}")]
struct Order {
    orders: Counter<Outcome>,
    waiting: Gauge,
    prints: Histogram,
    client: RestClient,
}

#[resource]
impl Order {
    /// Return the order. Each hundredth one is slow.
    async fn get(&self, id: u32) -> Result<u32, Problem> {
        let millis = if id.is_multiple_of(100) { 200 } else { id % 7 };
        tokio::time::sleep(Duration::from_millis(millis.into())).await;
        self.orders.add(if id.is_multiple_of(9) { Outcome::Declined } else { Outcome::Paid }, 1);
        self.waiting.set((), f64::from(id % 5));
        self.prints.record((), Duration::from_millis(millis.into()));
        // The payment of each fifth one is known; some are not found.
        let path = format!("/payments/{}", id % 5);
        self.client.get("payments", ClosestCluster, path).await.map_err(Problem::internal)?;
        if id > 1000 { Err(Problem::not_found()) } else { Ok(id) }
    }

    /// Replace the order, for which the database has no space.
    fn put(&self, id: u32) -> Result<u32, Problem> {
        match id {
            0 => Err(Problem::internal(std::io::Error::other("no space on /dev/sda1"))),
            1 => panic!("an unexpected order"),
            _ => Ok(id),
        }
    }
}

/// A payment, of another service.
#[mount("/payments/{id}")]
struct Payment;

#[resource]
impl Payment {
    #[expires(seconds = 2)]
    fn get(&self, id: u32) -> Option<u32> {
        (id != 3).then_some(id)
    }
}

/// The orders.
#[mount("/orders")]
struct Orders;

#[resource]
impl Orders {
    /// List the orders.
    fn get(&self) -> Vec<u32> {
        (0..100).collect()
    }
}

fn main() -> wsgiservice::Result<()> {
    let payments = Application::new("payments").mount(Payment).build()?;
    let client = RestClient::builder().service("payments", payments).cache(1 << 20).build();
    let client = client.map_err(wsgiservice::Error::new)?;
    let order = Order {
        orders: Counter::new("orders", "Orders by the outcome of their payment."),
        waiting: Gauge::new("waiting_jobs", "Jobs that wait."),
        prints: Histogram::new("print_duration_seconds", "How long it takes to print an order."),
        client,
    };
    Application::new("monitored")
        .metric(&order.orders)
        .metric(&order.waiting)
        .metric(&order.prints)
        .calls_of(&order.client)
        .mount(order)
        .mount(Orders)
        .check("database", async || Health::Pass)
        .check("disk", async || Health::Warn("7 GB left".to_owned()))
        .check("mail", async || Health::Fail("<no connection>".to_owned()))
        .run()
}
