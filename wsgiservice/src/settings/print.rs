//! The settings as text: those in force, and a file to begin with.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
};

use toml::Value;

use super::{key::Setting, values::Values};

/// Prints a text to standard output. A reader that closes the pipe early, as `head` does, is not an error.
///
/// # Errors
/// Any other error of the output.
pub(crate) fn print(text: &str) -> io::Result<()> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        printed => printed,
    }
}

/// What is in force, and where each value came from: a line for each setting.
pub(super) fn in_force(values: &Values) -> String {
    let rows: Vec<_> = values.settings.iter().map(|setting| row(values, setting)).collect();
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|it| it.chars().count()).max()
    };
    let [name, value] = [0, 1].map(|column| width(column).unwrap_or_default());
    let line = |[path, text, origin]: &[String; 3]| match text.as_str() {
        "" => format!("# {path} is {origin}\n"),
        text => format!("{path:name$} = {text:value$}  # {origin}\n"),
    };
    let ignored =
        values.ignored.iter().map(|name| format!("# {name} is ignored: unknown variable\n"));
    rows.iter().map(line).chain(ignored).collect()
}

/// The path of a setting, its value if it has one, and where that came from.
fn row(values: &Values, setting: &Setting) -> [String; 3] {
    let text = |value: &Value| match setting.kind.is_secret {
        true => "…".to_owned(),
        false => value.to_string(),
    };
    let (value, origin) = match (values.found(&setting.path), &setting.default) {
        (Some((origin, read)), _) => (read.map(text).unwrap_or_default(), origin.to_string()),
        (None, Some(default)) => {
            (text(default), format!("default{}", or_application(setting, "unless")))
        }
        (None, None) => (String::new(), format!("not set{}", or_application(setting, "unless"))),
    };
    let origin = origin + if setting.kind.is_secret { " (secret)" } else { "" };
    [setting.path.clone(), value, origin]
}

/// The application can say what clients may use, and who they are; it does not choose an address.
fn or_application(setting: &Setting, word: &str) -> String {
    match setting.is_of_server
        && !["bind", "runtime", "ganglia", "log", "log_format", "otlp"]
            .contains(&setting.path.as_str())
    {
        true => format!(", {word} the application sets it"),
        false => String::new(),
    }
}

/// A file in which each setting is a comment, with its documentation.
pub(super) fn template(values: &Values) -> String {
    let program = &values.program;
    let mut text = format!(
        "# The settings of {program}. Remove the `#` before a setting to change it.\n\
         # Variables of the environment replace what is here, and flags replace both.\n"
    );
    let mut table = "";
    // In TOML, what is in no table comes first.
    let mut settings: Vec<_> = values.settings.iter().collect();
    settings.sort_by_key(|setting| !setting.table_and_name().0.is_empty());
    for setting in settings {
        let (own, name) = setting.table_and_name();
        if own != table {
            table = own;
            let _ = write!(text, "\n[{table}]\n");
        }
        text.push('\n');
        for line in wrapped(&setting.summary()) {
            let _ = writeln!(text, "# {line}");
        }
        if let Some(values) = setting.values_in_words() {
            let _ = writeln!(text, "# Value: {values}");
        }
        let (variable, flag) = (setting.variable(program), setting.flag());
        let _ = writeln!(text, "# {variable}, --{flag}");
        let value = setting.default.as_ref().filter(|_| !setting.kind.is_secret);
        let _ = match (value, setting.kind.is_optional) {
            (Some(value), _) => writeln!(text, "# {name} = {value}"),
            (None, true) => writeln!(text, "# {name} = …"),
            (None, false) => writeln!(text, "# {name} = … (required)"),
        };
    }
    text
}

/// Text in lines of about a hundred characters.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::<String>::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + word.len() < 100 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A value as it is written in a flag.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        value => value.to_string(),
    }
}
