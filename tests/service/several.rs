//! A program with several services.

use std::env;

use wsgiservice::{Application, Settings, mount, resource};

/// The settings of one service.
#[derive(Settings)]
struct Own {
    /// The database to keep notes in.
    database: String,
}

/// The settings of all services.
#[derive(Settings)]
struct Shared {
    /// The file that says where the services are.
    #[setting(default = "topology.toml")]
    topology: String,
}

#[mount("/")]
struct Notes;

#[resource]
impl Notes {
    fn get(&self) -> u8 {
        0
    }
}

fn main() -> wsgiservice::Result<()> {
    let mut arguments = env::args_os().skip(1);
    let name = arguments.next().unwrap_or_default();
    wsgiservice::run_as(
        &name.to_string_lossy(),
        arguments,
        async |(Own { database }, Shared { topology }): (Own, Shared)| {
            Ok(Application::new(format!("{database} {topology}")).mount(Notes))
        },
    )
}
