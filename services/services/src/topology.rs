//! The check of a topology.

use std::{fs, path::Path};

use wsgiservice::{Error, Result};
use wsgiservice_client::Topology;

/// Prints what a topology has.
///
/// # Errors
/// All mistakes, each with its line.
pub(crate) fn check(file: &Path) -> Result<()> {
    println!("{}", checked(file)?);
    Ok(())
}

fn checked(file: &Path) -> Result<String> {
    let name = file.display().to_string();
    let text = fs::read_to_string(file);
    let text = text.map_err(|error| Error::new(format!("cannot read {name}: {error}")))?;
    let topology = Topology::parse(&name, &text).map_err(Error::new)?;
    let count = |count: usize, what: &str| match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    };
    let clusters = count(topology.clusters().count(), "cluster");
    Ok(format!("OK: {clusters}, {}", count(topology.services().count(), "service")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> std::result::Result<String, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("t.toml");
        fs::write(&file, text).expect("a file");
        let folder = format!("{}/", folder.path().display());
        super::checked(&file).map_err(|error| error.to_string().replace(&folder, ""))
    }

    #[test]
    fn a_topology_is_counted_or_all_its_mistakes_are_reported() {
        let text = "version = 1\n[clusters.c1]\n[services.a]\nc1 = []\n[services.b]\nglobal = []";
        assert_eq!(checked(text).as_deref(), Ok("OK: 1 cluster, 2 services"));
        assert_eq!(
            checked("version = 2\n[clusters.c1]\n[services.a]\nc2 = []"),
            Err("t.toml:1:11: `version`: expected 1\n\
                 t.toml:4:1: `services.a.c2`: unknown cluster or setting `c2`; did you mean `c1`?"
                .to_owned())
        );
    }

    #[test]
    fn a_file_that_is_missing_is_named() {
        let error = super::checked(Path::new("no-such-file.toml")).expect_err("a mistake");
        assert!(error.to_string().starts_with("cannot read no-such-file.toml: "), "{error}");
    }
}
