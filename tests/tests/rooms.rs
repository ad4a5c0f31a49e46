//! The modules of `wsgiservice` import downwards only, so imports form no cycle.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The top-level modules, from the lowest floor up. A module may import those that stand before it.
const FLOORS: [&str; 25] = [
    "http",
    "client",
    "declaration",
    "problem",
    "error",
    "rules",
    "settings",
    "limits",
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
    "exchange",
    "documentation",
    "commands",
    "application",
    "server",
    "testing",
    // The names for generated code, and the paved path: nothing imports them.
    "private",
];

/// The macros at the root, which are exported from there.
const MACROS: [&str; 5] = ["__content", "__holds", "__package", "__resolved", "__returns"];

#[test]
fn a_module_imports_only_modules_below_it() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wsgiservice/src");
    let mut wrong = Vec::new();
    for file in sources(&root)? {
        let module = module(&root, &file);
        if module == "lib" {
            continue;
        }
        for import in imports_of(&root, &file)? {
            // A name of the root or of `private` would hide the module that it is from.
            let is_below = floor(&import).is_some_and(|it| Some(it) < floor(&module));
            if import != module && !is_below && !MACROS.contains(&import.as_str()) {
                wrong.push(format!("{} imports `crate::{import}`", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "upward imports:\n{}", wrong.join("\n"));
    Ok(())
}

#[test]
fn each_top_level_module_has_a_floor() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wsgiservice/src");
    let modules = sources(&root)?.into_iter().map(|file| module(&root, &file));
    let unknown: Vec<_> = modules.filter(|it| it != "lib" && floor(it).is_none()).collect();
    assert_eq!(unknown, Vec::<String>::new());
    Ok(())
}

#[test]
fn neither_the_exchange_nor_the_documentation_reads_the_declaration() -> io::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wsgiservice/src");
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

fn floor(module: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| *floor == module)
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
