//! What is on the shelves: the stock list and its file formats.

mod date;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use date::Date;

/// One kind of food.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub shelf: String,
    pub amount: u32,
    pub unit: String,
    /// Less than this, and it goes on the shopping list.
    pub keep: u32,
    pub best_before: Date,
}

impl Item {
    pub fn is_short(&self) -> bool {
        self.amount < self.keep
    }
}

/// All items by name, in the order of the file.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Stock {
    pub items: IndexMap<String, Item>,
}

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the stock list is not valid TOML")]
    Toml(#[from] toml::de::Error),
    #[error("the stock list cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl Stock {
    pub fn from_toml(text: &str) -> Result<Self, Error> {
        Ok(toml::from_str(text)?)
    }

    pub fn to_json(&self) -> Result<String, Error> {
        Ok(serde_json::to_string(self)?)
    }

    /// Takes over the other's items; of two with the same name the other's stays.
    pub fn merge(&mut self, other: Stock) {
        self.items.extend(other.items);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RICE: &str = r#"
        [rice]
        shelf = "grains"
        amount = 2
        unit = "kg"
        keep = 3
        best_before = "2027-05-01"
    "#;

    #[test]
    fn reads_toml_and_writes_json() {
        let stock = Stock::from_toml(RICE).unwrap();
        assert!(stock.items["rice"].is_short());
        assert_eq!(
            stock.to_json().unwrap(),
            r#"{"rice":{"shelf":"grains","amount":2,"unit":"kg","keep":3,"best_before":"2027-05-01"}}"#
        );
    }

    #[test]
    fn an_unknown_field_is_an_error() {
        let text = format!("{RICE}\ncolour = 'white'");
        assert!(Stock::from_toml(&text).is_err());
    }
}
