#![deny(unused_must_use)]

use wsgiservice_client::{ClosestCluster, RestClient};

fn main() {}

fn call(client: RestClient) {
    client.post("pipeline", ClosestCluster, "/1/clip").json(&1);
}
