//! Settings in the environment.

use std::ffi::OsString;

use super::{
    nearest::nearest,
    origin::Origin,
    values::{Values, Written},
};

/// Reads the variables of the environment that begin with the name of the program.
pub(super) fn read(values: &mut Values, variables: impl Iterator<Item = (OsString, OsString)>) {
    let prefix = values.prefix();
    let mut own: Vec<_> = variables
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, _)| name.starts_with(&prefix))
        .collect();
    own.sort_unstable();
    let known: Vec<_> = values
        .settings
        .iter()
        .map(|setting| (setting.variable(&values.program), setting.path.clone()))
        .collect();
    let mut foreign = Vec::new();
    for (name, value) in own {
        let origin = Origin::Variable(name.clone());
        match (known.iter().find(|(known, _)| *known == name), value.into_string()) {
            (Some((_, path)), Ok(text)) => values.write(path, origin, Written::Text(text)),
            (Some((_, path)), Err(_)) => {
                values.error(&origin, format_args!("`{path}` is not valid UTF-8"));
            }
            (None, _) => match mistaken(&prefix, &name, &known) {
                Some(message) => values.error(&origin, message),
                None => foreign.push(name),
            },
        }
    }
    values.ignored = foreign;
}

/// The error about a variable that is almost a known one.
fn mistaken(prefix: &str, name: &str, known: &[(String, String)]) -> Option<String> {
    let rest = name.strip_prefix(prefix)?;
    if rest == "PORT" || rest.starts_with("PORT_") || rest.starts_with("SERVICE_") {
        return None; // Kubernetes sets them for a service of this name.
    }
    let written = rest.to_lowercase().replace("__", ".");
    let nearest = nearest(&written, known.iter().map(|(_, path)| path.as_str()))?;
    // Of a file, all keys are meant; here, one of four letters may differ.
    let is_near = strsim::damerau_levenshtein(&written, nearest) * 4 <= written.chars().count();
    is_near.then(|| format!("unknown setting `{written}`; did you mean `{nearest}`?"))
}
