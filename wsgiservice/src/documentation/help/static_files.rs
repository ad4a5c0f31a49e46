//! The documentation as static files.

use std::{fs, io, path::Path};

use super::{
    ORIGIN, SCRIPT, STYLE,
    page::{PageSettings, page},
};
use crate::documentation::{Documentation, openapi};

/// Writes the documentation as files for any web server.
///
/// # Errors
/// If a file cannot be written.
pub(crate) fn write(documentation: &Documentation, folder: &Path) -> io::Result<()> {
    let origin = format!("{ORIGIN}{}", documentation.base);
    let page = page(documentation, PageSettings { assets: "", base: None, origin: &origin });
    let openapi = openapi::document(documentation, &documentation.base);
    let openapi = serde_json::to_string_pretty(&openapi)?;
    fs::create_dir_all(folder)?;
    fs::write(folder.join("index.html"), page)?;
    fs::write(folder.join("style.css"), STYLE.text)?;
    fs::write(folder.join("script.js"), SCRIPT.text)?;
    fs::write(folder.join("openapi.json"), openapi)
}
