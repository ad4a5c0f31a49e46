//! All services on this machine, a process each.

mod earlier;
mod instance;
mod lines;
mod log;
mod ports;
mod process;
mod signals;
mod supervision;
mod topology;

use std::{
    fs::{self, File, TryLockError},
    io,
    path::Path,
    time::Duration,
};

use tokio::{runtime, sync::mpsc, time::sleep};
use wsgiservice::{Error, Result};
use wsgiservice_client::{Locate, RestClient};

use self::{
    earlier::Earlier,
    instance::Instance,
    log::Log,
    ports::Ports,
    process::{LAST_LINES, Launch},
    signals::Signals,
    supervision::Supervised,
};
use crate::{Service, command_line::Up};

/// How often a service that listens is asked for its help page, on a machine that is busy with the start of all.
const TRIES: usize = 10;

/// The pause between two tries.
const PAUSE: Duration = Duration::from_millis(500);

/// Runs all services until the process is told to stop.
///
/// # Errors
/// If the folder cannot be used, a service does not start, or services had to be killed.
pub(crate) fn up(services: &[Service], options: &Up) -> Result<()> {
    let folder = std::path::absolute(&options.data)?;
    let made = fs::create_dir_all(&folder);
    made.map_err(|error| Error::new(format!("cannot create {}: {error}", folder.display())))?;
    let _lock = lock(&folder)?;
    let file = folder.join("topology.toml");
    let earlier = Earlier::read(&folder, &file)?;
    let clusters = earlier.clusters(options.clusters, &options.data)?;
    let mut ports = Ports::new(options.port, earlier.ports_of_others(services));
    let instances = instance::all(services, clusters, &folder, &earlier, &mut ports)?;
    drop(ports);
    topology::write(&file, clusters, &instances, &earlier.others(services))?;
    let log = Log::to(io::stderr())?;
    let launch = Launch::new(file, log.clone())?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let ended = runtime.block_on(run(instances, launch));
    log.flush(LAST_LINES);
    ended
}

/// Lets no other process use the folder.
fn lock(folder: &Path) -> Result<File> {
    let file = File::create(folder.join("up.lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Error::new(format!("{} is used by another `services up`", folder.display())))
        }
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

async fn run(instances: Vec<Instance>, launch: Launch) -> Result<()> {
    let mut signals = Signals::new()?;
    let (started, mut starts) = mpsc::unbounded_channel();
    let supervised: Vec<_> = instances
        .iter()
        .map(|instance| Supervised::start(instance.clone(), launch.clone(), started.clone()))
        .collect();
    let all_answer = async {
        for _ in &instances {
            starts.recv().await.unwrap_or(Ok(()))?;
        }
        answers(&launch.topology, &instances).await
    };
    let ended = tokio::select! {
        answered = all_answer => {
            if answered.is_ok() {
                instance::print(io::stdout(), &instances);
                signals.next().await;
            }
            answered
        }
        () = signals.next() => Ok(()),
    };
    stop(&supervised, &mut signals).await.and(ended)
}

/// Waits until each service answers with its help page.
async fn answers(topology: &Path, instances: &[Instance]) -> Result<()> {
    for instance in instances {
        let mut tries = TRIES;
        while let Err(error) = answer(topology, instance).await {
            tries -= 1;
            if tries == 0 {
                return Err(Error::new(format!("{instance} does not answer: {error}")));
            }
            sleep(PAUSE).await;
        }
    }
    Ok(())
}

/// Asks a service for its help page, by a client that has no memory of an endpoint that failed.
async fn answer(topology: &Path, instance: &Instance) -> wsgiservice_client::Result<()> {
    let locator = match &instance.cluster {
        Some(name) => Locate::Cluster(name.clone()),
        None => Locate::Closest,
    };
    let client = RestClient::from_file(topology)?;
    let response = client.get(instance.service.name, locator, "/_internal/help").await?;
    response.error_for_status().map(drop)
}

/// Stops the services in the reverse order of their start, those of one name side by side; kills them at the next signal.
async fn stop(supervised: &[Supervised], signals: &mut Signals) -> Result<()> {
    let in_order = async {
        for alike in supervised.chunk_by(|one, next| one.name == next.name).rev() {
            alike.iter().for_each(Supervised::stop);
            for one in alike {
                one.ended().await;
            }
        }
    };
    tokio::select! {
        () = in_order => Ok(()),
        () = signals.next() => {
            supervised.iter().for_each(Supervised::kill);
            for one in supervised {
                one.ended().await;
            }
            Err(Error::new("the services were killed"))
        }
    }
}
