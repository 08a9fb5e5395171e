//! Counts, searches and checksums over a stock list.

mod crc32;

use itertools::Itertools;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use shelf::{Date, Stock};
use unicode_normalization::char::is_combining_mark;
use unicode_normalization::UnicodeNormalization;

pub use crc32::crc32;

/// The number of items on each shelf, sorted by the shelf's name.
pub fn shelves(stock: &Stock) -> Vec<(&str, usize)> {
    let counts = stock
        .items
        .values()
        .map(|item| item.shelf.as_str())
        .counts();
    counts.into_iter().sorted().collect()
}

/// The names of the items of which there is too little, in the order of the stock.
pub fn shopping_list(stock: &Stock) -> Vec<&str> {
    let short = stock.items.par_iter().filter(|(_, item)| item.is_short());
    short.map(|(name, _)| name.as_str()).collect()
}

/// The items' names with the days until they are best eaten, the most urgent first.
pub fn by_urgency(stock: &Stock, today: Date) -> Vec<(&str, i64)> {
    let days = |item: &shelf::Item| today.days_until(item.best_before);
    let items = stock
        .items
        .iter()
        .map(|(name, item)| (name.as_str(), days(item)));
    items.sorted_by_key(|&(name, days)| (days, name)).collect()
}

/// The names that contain a word, in the order of the stock; accents and case do not matter.
pub fn search<'a>(stock: &'a Stock, word: &str) -> Vec<&'a str> {
    let word = plain(word);
    let names = stock.items.keys().map(String::as_str);
    names.filter(|name| plain(name).contains(&word)).collect()
}

/// The name that is most like a mistyped one.
pub fn most_similar<'a>(stock: &'a Stock, word: &str) -> Option<&'a str> {
    let word = plain(word);
    let names = stock.items.keys().map(String::as_str);
    names.min_by_key(|name| strsim::levenshtein(&plain(name), &word))
}

fn plain(text: &str) -> String {
    let letters = text.nfd().filter(|&letter| !is_combining_mark(letter));
    letters.collect::<String>().to_lowercase()
}

pub fn sha256(data: &[u8]) -> String {
    hex::encode(Sha256::digest(data))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stock() -> Stock {
        let item = |name: &str, shelf: &str, amount: u32, date: &str| {
            format!("[{name}]\nshelf='{shelf}'\namount={amount}\nunit='kg'\nkeep=2\nbest_before='{date}'\n")
        };
        let text = item("rice", "grains", 5, "2026-03-01")
            + &item("salt", "spices", 1, "2026-02-01")
            + &item("oats", "grains", 0, "2026-01-01");
        Stock::from_toml(&text).unwrap()
    }

    #[test]
    fn counts_and_sorts() {
        let stock = stock();
        assert_eq!(shelves(&stock), [("grains", 2), ("spices", 1)]);
        assert_eq!(shopping_list(&stock), ["salt", "oats"]);
        let today = "2026-01-31".parse().unwrap();
        assert_eq!(
            by_urgency(&stock, today),
            [("oats", -30), ("salt", 1), ("rice", 29)]
        );
    }

    #[test]
    fn searches_names() {
        assert_eq!(search(&stock(), "ÂT"), ["oats"]);
        assert_eq!(most_similar(&stock(), "slat"), Some("salt"));
    }

    #[test]
    fn knows_sha256() {
        assert!(sha256(b"abc").starts_with("ba7816bf8f01cfea"));
    }
}
