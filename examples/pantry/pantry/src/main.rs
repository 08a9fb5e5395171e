//! Keeps track of what is in the pantry.

mod load;
mod report;

use std::path::PathBuf;

use anyhow::Result;
use clap::{Parser, Subcommand};
use shelf::{Date, Stock};

/// Keeps track of what is in the pantry.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Read all *.toml files below this folder instead of the built-in example
    #[arg(long, value_name = "FOLDER")]
    stock: Option<PathBuf>,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Show everything: the default
    Report {
        /// The day from which the days left are counted
        #[arg(long, value_name = "YYYY-MM-DD", default_value = "2026-03-01")]
        today: Date,
    },
    /// Print the names that contain a word
    Search { word: String },
    /// Print the stock as JSON
    Json,
}

fn main() -> Result<()> {
    env_logger::init();
    let arguments = Arguments::parse();
    let stock = load::stock(arguments.stock.as_deref())?;
    log::info!("{} items", stock.items.len());
    match arguments.command {
        None => print!("{}", report::report(&stock, "2026-03-01".parse()?)?),
        Some(Command::Report { today }) => print!("{}", report::report(&stock, today)?),
        Some(Command::Search { word }) => println!("{}", search(&stock, &word)),
        Some(Command::Json) => println!("{}", stock.to_json()?),
    }
    Ok(())
}

fn search(stock: &Stock, word: &str) -> String {
    let names = tally::search(stock, word);
    match tally::most_similar(stock, word) {
        Some(name) if names.is_empty() => format!("Did you mean {name}?"),
        _ => names.join("\n"),
    }
}
