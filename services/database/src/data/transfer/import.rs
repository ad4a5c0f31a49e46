//! Taking over what another service had of a user.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    sync::Arc,
};

use tempfile::NamedTempFile;
use tokio::{fs, io::AsyncWriteExt, task};
use wsgiservice::content::ContentStream;

use super::{
    super::{Data, Failure, Placement, State},
    line::{self, First, Last, Line, malformed},
};
use crate::{Error, ErrorKind, Transaction, sql};

/// The longest line, in bytes.
const LONGEST: u64 = 64 << 20;

/// An export in a file, whose lines were all read once.
#[derive(Clone)]
struct Checked {
    file: Arc<NamedTempFile>,
    counter: i64,
    written: i64,
}

impl Data {
    /// Replaces all that the service has of a user by an export. It is neither read nor written until it is `here`.
    pub(in super::super) async fn import(
        &self,
        user: String,
        version: i64,
        content: ContentStream,
    ) -> Result<Placement, Failure> {
        let file = Arc::new(saved(content).await?);
        let (data, whose) = (self.clone(), user.clone());
        let check = task::spawn_blocking(move || data.check(&whose, version, file));
        let checked = check.await.map_err(|error| Error::new(ErrorKind::Other, error))??;
        let data = self.clone();
        let work = async move |transaction: &mut Transaction| {
            data.replace(transaction, &user, version, &checked).await
        };
        self.0.database.write(work).await
    }

    /// Reads all lines, so that nothing begins that cannot end.
    fn check(
        &self,
        user: &str,
        version: i64,
        file: Arc<NamedTempFile>,
    ) -> Result<Checked, Failure> {
        let mut lines = Lines::of(&file)?;
        let first: First = line::read(&lines.next()?.unwrap_or_default())?;
        if (first.service.as_str(), first.user.as_str()) != (self.0.service, user)
            || first.version != version
        {
            return Err(malformed("the first line is of another service, user or version"));
        }
        let mut rows = 0;
        while let Some(text) = lines.next()? {
            if let Ok(Last { end }) = line::read(&text) {
                return match end == rows && lines.next()?.is_none() {
                    true => Ok(Checked { file, counter: first.counter, written: first.written }),
                    false => Err(malformed("lines are missing, or follow the last one")),
                };
            }
            line::read::<Line>(&text)?.row(self, user)?;
            rows += 1;
        }
        Err(malformed("the last line is missing"))
    }

    async fn replace(
        &self,
        transaction: &mut Transaction,
        user: &str,
        version: i64,
        checked: &Checked,
    ) -> Result<Placement, Failure> {
        let known = Placement::held(transaction, user).await?;
        if let Some(known) = &known {
            may_be_replaced(known, version)?;
        }
        self.remove(transaction, user).await?;
        let mut lines = Lines::of(&checked.file)?;
        lines.next()?;
        while let Some(text) = lines.next()? {
            if line::read::<Last>(&text).is_ok() {
                break;
            }
            let (table, row) = line::read::<Line>(&text)?.row(self, user)?;
            let columns: Vec<_> = table.columns.iter().map(|(name, _)| *name).collect();
            let inserted = transaction.execute(&sql::insert(table.name, &columns), &row).await;
            inserted.map_err(|error| match error.kind() {
                ErrorKind::Unique => malformed("a row is there twice"),
                _ => error.into(),
            })?;
        }
        let (own, written) = known.map_or((0, 0), |known| (known.counter, known.written));
        let placement = Placement {
            user: user.to_owned(),
            state: State::Incoming,
            version,
            cluster: None,
            // No version is drawn twice.
            counter: own.max(checked.counter),
            // A sweep removes nobody who wrote there.
            written: written.max(checked.written),
        };
        placement.save(transaction).await?;
        Ok(placement)
    }
}

/// What is here, or was placed by the same version or a newer one in another way, is not replaced.
fn may_be_replaced(known: &Placement, version: i64) -> Result<(), Failure> {
    if known.version > version {
        return Err(Failure::older_version(known.version));
    }
    let is_settled = known.version == version && known.state != State::Incoming;
    match known.state == State::Here || is_settled {
        true => {
            Err(Failure::NotPlaced(format!("the user is already placed here: {}", known.state)))
        }
        false => Ok(()),
    }
}

/// Writes content to a file: a transaction does not wait for a client.
async fn saved(mut content: ContentStream) -> Result<NamedTempFile, Failure> {
    let file = task::spawn_blocking(NamedTempFile::new).await;
    let file = file.map_err(io::Error::other).flatten().map_err(unavailable)?;
    let mut writer = fs::File::from_std(file.reopen().map_err(unavailable)?);
    while let Some(piece) = content.next().await? {
        writer.write_all(&piece).await.map_err(unavailable)?;
    }
    writer.flush().await.map_err(unavailable)?;
    Ok(file)
}

/// The lines of a file.
struct Lines(BufReader<File>);

impl Lines {
    fn of(file: &NamedTempFile) -> Result<Self, Failure> {
        Ok(Self(BufReader::new(file.reopen().map_err(unavailable)?)))
    }

    /// The next line, if there is one.
    fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let mut line = Vec::new();
        let read = self.0.by_ref().take(LONGEST).read_until(b'\n', &mut line);
        match read.map_err(unavailable)? {
            0 => Ok(None),
            _ if line.pop_if(|last| *last == b'\n').is_some() => Ok(Some(line)),
            _ => Err(malformed("a line is too long, or has no end")),
        }
    }
}

fn unavailable(error: io::Error) -> Failure {
    Error::new(ErrorKind::Unavailable, error).into()
}
