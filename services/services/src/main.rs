//! Runs the services of the architecture.

fn main() -> wsgiservice::Result<()> {
    services::main(services::SERVICES)
}
