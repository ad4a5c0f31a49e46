//! The commands of a service, which run instead of the server.

mod stats;

use std::{io, path::Path};

pub(crate) use self::stats::stats;

use crate::{
    documentation::{Documentation, help, openapi},
    settings::{Command, print::print},
};

impl Command {
    /// Runs the command.
    ///
    /// # Errors
    /// An error if the output cannot be written.
    pub(crate) fn run(&self, documentation: &Documentation) -> io::Result<()> {
        match self {
            Self::OpenApi => {
                let document = openapi::document(documentation, &documentation.base);
                print(&format!("{}\n", serde_json::to_string_pretty(&document)?))
            }
            Self::HelpPage(folder) => {
                write_help(documentation, folder)?;
                print(&format!("{}\n", folder.join("index.html").display()))
            }
            Self::Routes => print(&routes(documentation)),
            // They need no application.
            Self::Config | Self::Template | Self::Stats => Ok(()),
        }
    }
}

fn write_help(documentation: &Documentation, folder: &Path) -> io::Result<()> {
    help::write(documentation, folder).map_err(|error| {
        let text = format!("cannot write to {}: {error}", folder.display());
        io::Error::new(error.kind(), text)
    })
}

/// Writes a line for each method: its name, its path, its operation ID and its summary.
fn routes(documentation: &Documentation) -> String {
    let rows: Vec<_> = documentation
        .resources
        .iter()
        .flat_map(|resource| resource.methods.iter().map(move |method| (resource, method)))
        .map(|(resource, method)| {
            let path = resource.path.to_string();
            [method.method.to_owned(), path, method.id.clone(), method.summary.clone()]
        })
        .collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let [first, second, third] = [0, 1, 2].map(|column| width(column).unwrap_or_default());
    let line = |[method, path, id, summary]: &[String; 4]| {
        let line = format!("{method:first$}  {path:second$}  {id:third$}  {summary}");
        format!("{}\n", line.trim_end())
    };
    rows.iter().map(line).collect()
}
