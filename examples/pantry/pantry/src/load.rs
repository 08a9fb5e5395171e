//! Finds and reads stock lists.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use shelf::Stock;
use walkdir::WalkDir;

const EXAMPLE: &str = include_str!("stock.toml");

/// Reads all lists below a folder, in the order of their paths; without one, the example.
pub fn stock(folder: Option<&Path>) -> Result<Stock> {
    let Some(folder) = folder else {
        return Ok(Stock::from_toml(EXAMPLE)?);
    };
    let mut stock = Stock::default();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        let is_list = entry.path().extension() == Some(OsStr::new("toml"));
        if entry.file_type().is_file() && is_list {
            stock.merge(read(entry.path())?);
        }
    }
    Ok(stock)
}

fn read(path: &Path) -> Result<Stock> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Stock::from_toml(&text).with_context(|| format!("in {}", path.display()))
}
