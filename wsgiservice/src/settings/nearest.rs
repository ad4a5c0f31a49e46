//! The setting that somebody meant.

use strsim::damerau_levenshtein;

/// The path that is written almost like this one, or that has such a last name.
pub(super) fn nearest<'a>(
    path: &str,
    paths: impl Iterator<Item = &'a str> + Clone,
) -> Option<&'a str> {
    let near = |written: &str, path: &str| {
        let distance = damerau_levenshtein(written, path);
        (distance <= 3 && distance * 2 <= written.chars().count()).then_some(distance)
    };
    let whole = paths.clone().filter_map(|it| Some((near(path, it)?, it))).min();
    let last = |path: &'a str| path.rsplit('.').next().unwrap_or(path);
    let within = || paths.filter_map(|it| Some((near(path, last(it))?, it))).min();
    whole.or_else(within).map(|(_, path)| path)
}

/// An error about a setting that does not exist.
pub(super) fn unknown<'a>(path: &str, paths: impl Iterator<Item = &'a str> + Clone) -> String {
    match nearest(path, paths) {
        Some(nearest) => format!("unknown setting `{path}`; did you mean `{nearest}`?"),
        None => format!("unknown setting `{path}`; `config --template` prints all settings"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_is_near() {
        let near =
            |path| nearest(path, ["bind", "base", "limits.head", "limits.head_time"].into_iter());
        assert_eq!(near("bimd"), Some("bind"));
        assert_eq!(near("limits.haed"), Some("limits.head"));
        assert_eq!(near("head"), Some("limits.head"));
        assert_eq!(near("headtime"), Some("limits.head_time"));
        assert_eq!(near("x"), None);
        assert_eq!(near("port"), None);
    }
}
