//! The modules of a crate import downwards only, so imports form no cycle.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

/// A crate, and what its modules may import.
struct Layout {
    /// The folder of the sources, from that of the workspace.
    sources: &'static str,
    /// The top-level modules, from the lowest floor up. A module may import those that stand before it.
    floors: &'static [&'static str],
    /// The macros at the root, which are exported from there.
    macros: &'static [&'static str],
}

const SERVER: Layout = Layout {
    sources: "wsgiservice/src",
    floors: &[
        "clock",
        "once_a_minute",
        "program",
        "http",
        "declaration",
        "problem",
        "error",
        "rules",
        "settings",
        "limits",
        "statistics",
        "health",
        "formats",
        "content",
        "representation",
        "routing",
        "preconditions",
        "lint",
        "answer",
        "parameters",
        "resource",
        "site",
        "client",
        "exchange",
        "documentation",
        "monitoring",
        "commands",
        "application",
        "server",
        "testing",
        // The names for generated code, and the paved path: nothing imports them.
        "private",
    ],
    macros: &["__content", "__holds", "__package", "__resolved", "__returns"],
};

const CLIENT: Layout = Layout {
    sources: "wsgiservice-client/src",
    floors: &[
        "attempt",
        "error",
        "retry_after",
        "underscore",
        "path",
        "body",
        "context",
        "topology",
        "endpoint",
        "directory",
        "response",
        "locate",
        "users",
        "shared",
        "housekeeping",
        "call",
        "cache",
        "request",
        "client",
        "tests",
    ],
    macros: &[],
};

#[test]
fn a_module_imports_only_modules_below_it() -> io::Result<()> {
    let wrong = [SERVER.upward_imports()?, CLIENT.upward_imports()?].concat();
    assert!(wrong.is_empty(), "upward imports:\n{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn the_floors_are_the_top_level_modules() -> io::Result<()> {
    for layout in [SERVER, CLIENT] {
        let modules: BTreeSet<_> =
            layout.modules()?.into_iter().map(|(_, module)| module).collect();
        let floors = layout.floors.iter().map(|floor| (*floor).to_owned()).collect();
        assert_eq!(modules, floors, "{}", layout.sources);
    }
    Ok(())
}

#[test]
fn neither_the_exchange_nor_the_documentation_reads_the_declaration() -> io::Result<()> {
    let root = SERVER.root();
    for room in ["exchange", "documentation"] {
        for file in sources(&root.join(room))? {
            let imports = imports_of(&root, &file)?;
            assert!(!imports.contains(&"declaration".to_owned()), "{}", file.display());
        }
    }
    Ok(())
}

#[test]
fn imports_are_read_from_use_lines_and_from_paths() {
    let source = "
        //! See [`crate::a`].
        use std::fmt;
        use crate::{b, c::{d, e}, f as g};
        pub(crate) use crate::h::i;
        use super::p::q;
        fn j() { crate::k::l(); $crate::m::n() }
        #[cfg(test)]
        mod tests { use crate::o; }
    ";
    assert_eq!(imports(source, "crate::"), ["b", "c", "f", "h", "k"]);
    assert_eq!(imports(source, "super::"), ["p"]);
}

impl Layout {
    fn root(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(self.sources)
    }

    fn floor(&self, module: &str) -> Option<usize> {
        self.floors.iter().position(|floor| *floor == module)
    }

    /// The files, each with its top-level module. The root has none.
    fn modules(&self) -> io::Result<Vec<(PathBuf, String)>> {
        let root = self.root();
        let files = sources(&root)?.into_iter().map(|file| (file.clone(), module(&root, &file)));
        Ok(files.filter(|(_, module)| module != "lib").collect())
    }

    fn upward_imports(&self) -> io::Result<Vec<String>> {
        let mut wrong = Vec::new();
        for (file, module) in self.modules()? {
            // The unit tests of a crate import what they test, and its public face.
            if module == "tests" {
                continue;
            }
            for import in imports_of(&self.root(), &file)? {
                // A name of the root or of `private` would hide the module that it is from.
                let is_below = self.floor(&import).is_some_and(|it| Some(it) < self.floor(&module));
                if import != module && !is_below && !self.macros.contains(&import.as_str()) {
                    wrong.push(format!("{} imports `crate::{import}`", file.display()));
                }
            }
        }
        Ok(wrong)
    }
}

/// The top-level module that a file belongs to.
fn module(root: &Path, file: &Path) -> String {
    let relative = file.strip_prefix(root).expect("a file below the root");
    let first = relative.iter().next().expect("a name").to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

fn sources(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(files)
}

/// The top-level modules that a file names.
fn imports_of(root: &Path, file: &Path) -> io::Result<Vec<String>> {
    let source = fs::read_to_string(file)?;
    let mut all = imports(&source, "crate::");
    // `super` of a top-level module is the root.
    let is_top_level = file.parent() == Some(root)
        || file.parent().and_then(Path::parent) == Some(root) && file.ends_with("mod.rs");
    if is_top_level {
        all.extend(imports(&source, "super::"));
    }
    Ok(all)
}

/// The names that source code has right after this prefix, outside of comments and of its unit tests.
fn imports(source: &str, prefix: &str) -> Vec<String> {
    let code: Vec<_> = source
        .lines()
        .map(|line| line.split_once("//").map_or(line, |(code, _)| code))
        .take_while(|line| !line.trim_start().starts_with("mod tests {"))
        .collect();
    let code = code.join("\n");
    let mut imports = Vec::new();
    let mut before = ' ';
    for (position, _) in code.match_indices(prefix) {
        before = code[..position].chars().next_back().unwrap_or(before);
        if before == '$' || before.is_alphanumeric() || before == '_' {
            continue;
        }
        let path = &code[position + prefix.len()..];
        match path.strip_prefix('{') {
            Some(group) => imports.extend(first_segments(group)),
            None => imports.push(first_segment(path)),
        }
    }
    imports
}

/// The first segments of the paths in a group, up to the brace that closes it.
fn first_segments(group: &str) -> Vec<String> {
    let mut depth = 0;
    let mut paths = vec![String::new()];
    for character in group.chars() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => paths.push(String::new()),
            _ => {}
        }
        if let Some(path) = paths.last_mut().filter(|_| character != ',') {
            path.push(character);
        }
    }
    let segments = paths.iter().map(|path| first_segment(path.trim_start()));
    segments.filter(|segment| !segment.is_empty()).collect()
}

fn first_segment(path: &str) -> String {
    path.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect()
}
