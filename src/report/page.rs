//! How wide a page is, whether it has colours, and how text is set on it.

use std::io;

use comfy_table::{ContentArrangement, Table, presets};
use console::{Style, measure_text_width};

/// Whether text may carry colours. Whoever knows where the text goes decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// For files, pipes, and people who have said so.
    Never,
    /// For terminals.
    Always,
}

/// What human reports are set on.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    width: usize,
    colour: Colour,
}

/// Longer lines are hard to read, and do not fit a side-by-side view.
const WIDEST: usize = 100;
/// Below this, columns cannot be told apart any more; the terminal may break the lines.
const NARROWEST: usize = 48;

impl Page {
    /// A page for a terminal of so many columns; only 100 of them are used. Without a terminal, it has 100.
    pub fn new(columns: Option<u16>, colour: Colour) -> Self {
        let width = columns.map_or(WIDEST, usize::from).clamp(NARROWEST, WIDEST);
        Self { width, colour }
    }

    /// How many columns there are.
    pub(super) const fn width(&self) -> usize {
        self.width
    }

    /// The style as this page can show it.
    pub(super) fn style(&self, style: Style) -> Style {
        style.force_styling(self.colour == Colour::Always)
    }

    /// Text that is less important than what stands around it.
    pub(super) fn dim(&self) -> Style {
        self.style(Style::new().dim())
    }

    /// Text that the eye should find.
    pub(super) fn bold(&self) -> Style {
        self.style(Style::new().bold())
    }

    /// Text like any other.
    pub(super) fn plain(&self) -> Style {
        self.style(Style::new())
    }

    /// An empty table without lines, as wide as the page at most when it stands so many columns from its edge.
    pub(super) fn table(&self, indent: usize) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(self.width - indent).unwrap_or(u16::MAX));
        table
    }

    /// Writes a table that has a header.
    pub(super) fn write_table(&self, out: &mut dyn io::Write, indent: usize, table: &Table) -> io::Result<()> {
        for (number, line) in table.lines().enumerate() {
            let style = if number == 0 { self.dim() } else { self.plain() };
            writeln!(out, "{:indent$}{}", "", style.apply_to(line.trim_end()))?;
        }
        Ok(())
    }

    /// Writes text in lines that fit: the first behind `lead`, the others indented as far.
    pub(super) fn write(&self, out: &mut dyn io::Write, lead: &str, style: &Style, text: &str) -> io::Result<()> {
        let indent = measure_text_width(lead);
        for (number, line) in wrap(text, self.width.saturating_sub(indent)).iter().enumerate() {
            if number == 0 {
                writeln!(out, "{lead}{}", style.apply_to(line))?;
            } else {
                writeln!(out, "{:indent$}{}", "", style.apply_to(line))?;
            }
        }
        Ok(())
    }
}

/// Breaks text into lines, between words where that is possible and inside of them where they are too long: behind
/// slashes, with which names are made, else anywhere.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut column = 0;
    let pieces = |word| {
        let too_long = measure_text_width(str::trim_end(word)) > width;
        word.split_inclusive(move |c| c == '/' && too_long)
    };
    for word in text.split_inclusive(' ').flat_map(pieces) {
        let fits = column + measure_text_width(word.trim_end()) <= width;
        if !fits && column > 0 {
            lines.push(String::new());
            column = 0;
        }
        for c in word.chars() {
            let wide = measure_text_width(c.encode_utf8(&mut [0; 4]));
            if column + wide > width && c != ' ' && column > 0 {
                lines.push(String::new());
                column = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
            column += wide;
        }
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_breaks_between_words_and_inside_those_that_are_too_long() {
        let cases: &[(&str, usize, &[&str])] = &[
            ("", 10, &[""]),
            ("fits", 10, &["fits"]),
            ("two words", 9, &["two words"]),
            ("two words", 8, &["two", "words"]),
            ("abcdefghij", 4, &["abcd", "efgh", "ij"]),
            ("ab cdefghij", 4, &["ab", "cdef", "ghij"]),
            ("ab cdef/ghi/jklm", 8, &["ab cdef/", "ghi/jklm"]),
            ("ab cd/ef", 7, &["ab", "cd/ef"]),
            ("日本語", 5, &["日本", "語"]),
        ];
        for (text, width, lines) in cases {
            assert_eq!(&wrap(text, *width), lines, "{text:?} in {width}");
        }
    }

    #[test]
    fn a_page_is_never_wider_than_a_hundred_columns() {
        let cases = [(None, 100), (Some(20), 48), (Some(80), 80), (Some(200), 100)];
        for (columns, width) in cases {
            assert_eq!(Page::new(columns, Colour::Never).width(), width, "{columns:?}");
        }
    }
}
