//! The report: the same on every machine, but for the line that names the target.

use std::fmt::{Error, Write};

use shelf::{Date, Stock};

pub fn report(stock: &Stock, today: Date) -> anyhow::Result<String> {
    let mut text = String::new();
    write_items(&mut text, stock, today)?;
    write_counts(&mut text, stock)?;
    write_checks(&mut text, &stock.to_json()?)?;
    write_target(&mut text)?;
    Ok(text)
}

fn write_items(text: &mut String, stock: &Stock, today: Date) -> Result<(), Error> {
    writeln!(text, "{}", labels::label(&format!("The pantry on {today}")))?;
    for (name, days) in tally::by_urgency(stock, today) {
        let item = &stock.items[name];
        writeln!(
            text,
            "  {name:16} {:2} {:8} {days:5} days",
            item.amount, item.unit
        )?;
    }
    Ok(())
}

fn write_counts(text: &mut String, stock: &Stock) -> Result<(), Error> {
    let shelves = tally::shelves(stock).into_iter();
    let shelves: Vec<_> = shelves
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    let summary = format!(
        "On the shelves: {}. To buy: {}.",
        shelves.join(", "),
        tally::shopping_list(stock).join(", ")
    );
    writeln!(text, "\n{}\n", textwrap::fill(&summary, 60))
}

fn write_checks(text: &mut String, json: &str) -> Result<(), Error> {
    writeln!(text, "sha256: {}", tally::sha256(json.as_bytes()))?;
    writeln!(text, "crc32: {:08x}", tally::crc32(json.as_bytes()))
}

fn write_target(text: &mut String) -> Result<(), Error> {
    writeln!(text, "arch: {}", std::env::consts::ARCH)?;
    writeln!(
        text,
        "env: {}",
        if cfg!(target_env = "musl") {
            "musl"
        } else {
            "gnu"
        }
    )?;
    writeln!(text, "target: {}", env!("PANTRY_TARGET"))
}
