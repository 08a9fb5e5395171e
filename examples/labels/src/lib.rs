//! Labels for jars, drawn with box characters.

use unicode_width::UnicodeWidthStr;

/// Draws a box around a text of one or more lines.
///
/// ```
/// assert_eq!(labels::label("jam"), "┌─────┐\n│ jam │\n└─────┘");
/// ```
pub fn label(text: &str) -> String {
    let width = text.lines().map(UnicodeWidthStr::width).max().unwrap_or(0);
    let bar = "─".repeat(width + 2);
    let mut drawn = format!("┌{bar}┐\n");
    for line in text.lines() {
        let space = " ".repeat(width - line.width());
        drawn += &format!("│ {line}{space} │\n");
    }
    drawn + &format!("└{bar}┘")
}

#[cfg(test)]
mod tests {
    use super::label;

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(label("餅\nab"), "┌────┐\n│ 餅 │\n│ ab │\n└────┘");
    }

    #[test]
    fn an_empty_text_gives_an_empty_label() {
        assert_eq!(label(""), "┌──┐\n└──┘");
    }
}
