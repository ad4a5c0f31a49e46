//! Exact figures: the instructions and the allocations of a request, over one connection.

use std::io;

use crate::{
    client::Client,
    connection::Connection,
    program::Program,
    server::Server,
    valgrind::{Figure, Run, per_unit},
};

/// What a request of a client costs in each program, ours first and hyper by hand second.
pub(crate) struct Cost {
    pub(crate) client: Client,
    /// User instructions.
    pub(crate) instructions: Vec<f64>,
    /// Calls that allocate memory.
    pub(crate) allocations: Vec<f64>,
}

impl Cost {
    /// The ratio of our instructions to those of hyper by hand.
    pub(crate) fn ratio(&self) -> f64 {
        self.instructions[0] / self.instructions[1]
    }
}

/// Counts what a request of each client costs in each program.
pub(crate) fn count(programs: &[&Program], targets: &[String]) -> io::Result<Vec<Cost>> {
    let cost = |client: Client| {
        let requests: Vec<String> = targets.iter().map(|target| client.request(target)).collect();
        let count = |figure| {
            programs
                .iter()
                .map(|program| per_request(program, client, &requests, figure))
                .collect::<io::Result<_>>()
        };
        Ok(Cost {
            client,
            instructions: count(Figure::Instructions)?,
            allocations: count(Figure::Allocations)?,
        })
    };
    Client::ALL.into_iter().map(cost).collect()
}

fn per_request(
    program: &Program,
    client: Client,
    requests: &[String],
    figure: Figure,
) -> io::Result<f64> {
    let name = format!("{}-{client:?}", program.name());
    eprintln!("{figure:?}: {name}");
    let run = Run::new(figure, &name)?;
    per_unit(|number| {
        let server = Server::start(&mut run.command(program)?)?;
        let mut connection = Connection::new(server.address())?;
        let mut requests = requests.iter().cycle().take(number);
        requests.try_for_each(|request| connection.send(request).map(|_| ()))?;
        drop(connection);
        server.stop()?;
        run.count()
    })
}
