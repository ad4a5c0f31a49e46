//! A service whose requests take their time, or fail, and whose checks find something, for the tests of its statistics in a
//! browser (`scripts/documentation/browser.mjs`).

use std::time::Duration;

use wsgiservice::{Application, Problem, health::Health, mount, resource};

/// An order.
#[mount("/orders/{id}")]
struct Order;

#[resource]
impl Order {
    /// Return the order. Each hundredth one is slow.
    async fn get(&self, id: u32) -> Result<u32, Problem> {
        let millis = if id.is_multiple_of(100) { 200 } else { id % 7 };
        tokio::time::sleep(Duration::from_millis(millis.into())).await;
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
    Application::new("monitored")
        .mount(Order)
        .mount(Orders)
        .check("database", async || Health::Pass)
        .check("disk", async || Health::Warn("7 GB left".to_owned()))
        .check("mail", async || Health::Fail("<no connection>".to_owned()))
        .run()
}
