//! The file with settings.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Deserialize;
use toml::{
    Value,
    de::{DeTable, DeValue, ValueDeserializer},
};

use super::{
    key::join,
    nearest::unknown,
    origin::Origin,
    values::{Values, Written},
};

/// Reads the file: the given one, or the first that exists.
pub(super) fn read(values: &mut Values, given: Option<&Path>) {
    match text(&values.program, given) {
        Ok(Some((file, text))) => {
            let name = Arc::from(file.to_string_lossy());
            File { name, text: &text }.read(values);
        }
        Ok(None) => {}
        Err(message) => values.errors.push(message),
    }
}

fn text(program: &str, given: Option<&Path>) -> Result<Option<(PathBuf, String)>, String> {
    let name = format!("{program}.toml");
    let usual = [PathBuf::from(&name), Path::new("/etc/wsgiservice").join(&name)];
    let files = given.map_or_else(|| usual.to_vec(), |given| vec![given.to_owned()]);
    for file in files {
        match fs::read_to_string(&file) {
            Ok(text) => return Ok(Some((file, text))),
            Err(error) if error.kind() == io::ErrorKind::NotFound && given.is_none() => {}
            Err(error) => return Err(format!("cannot read {}: {error}", file.display())),
        }
    }
    Ok(None)
}

struct File<'a> {
    name: Arc<str>,
    text: &'a str,
}

impl File<'_> {
    fn read(&self, values: &mut Values) {
        let (table, mut errors) = DeTable::parse_recoverable(self.text);
        errors.sort_by_key(|error| error.span().map(|place| place.start));
        for error in &errors {
            let origin = Origin::in_file(&self.name, self.text, error.span());
            values.error(&origin, error.message());
        }
        // What remains of a file with such errors can be in the wrong table.
        if errors.is_empty() {
            self.read_table(values, "", table.get_ref());
        }
    }

    fn read_table(&self, values: &mut Values, table: &str, entries: &DeTable<'_>) {
        for (key, value) in entries {
            let path = join(table, key.get_ref());
            let at_key = Origin::in_file(&self.name, self.text, Some(key.span()));
            let at_value = Origin::in_file(&self.name, self.text, Some(value.span()));
            let inside = format!("{path}.");
            let paths: Vec<_> = values.settings.iter().map(|it| it.path.clone()).collect();
            let is_table = paths.iter().any(|path| path.starts_with(&inside));
            match (paths.contains(&path), value.get_ref()) {
                (true, _) => match Value::deserialize(ValueDeserializer::from(value.clone())) {
                    Ok(value) => values.write(&path, at_value, Written::Toml(value)),
                    Err(error) => {
                        values.error(&at_value, format_args!("`{path}`: {}", error.message()));
                    }
                },
                (false, DeValue::Table(entries)) if is_table => {
                    self.read_table(values, &path, entries);
                }
                (false, _) if is_table => {
                    values.error(&at_value, format_args!("`{path}` is a table: write `[{path}]`"));
                }
                (false, _) => {
                    let message = unknown(&path, known(&paths).iter().map(String::as_str));
                    values.error(&at_key, message);
                }
            }
        }
    }
}

/// The paths of values, and of the tables around them.
fn known(paths: &[String]) -> Vec<String> {
    let tables = paths.iter().flat_map(|path| path.match_indices('.').map(|(end, _)| &path[..end]));
    let mut all: Vec<_> = tables.map(str::to_owned).chain(paths.iter().cloned()).collect();
    all.sort_unstable();
    all.dedup();
    all
}
