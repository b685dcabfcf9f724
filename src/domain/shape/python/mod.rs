//! Python literals: whether CPython 3.11's `ast.literal_eval` would take a text.
//!
//! [`lexer`] follows CPython's tokenizer, [`parser`] the grammar and the checks of `literal_eval`. Nothing is
//! evaluated here (that is what a [`Builder`] is for) and nothing recurses: what is open stands on a stack of at most
//! [`MOST_BRACKETS`] frames. What is left out on purpose stands in `docs/shapes.md`.

mod build;
mod lexer;
mod numbers;
mod parser;
mod strings;

pub use build::{Atom, Builder, Container};
pub use strings::{Content, decode as decode_string};

/// How many brackets may be open at once in CPython's tokenizer (`MAXLEVEL`).
const MOST_BRACKETS: usize = 200;

/// Whether the whole text is a Python literal.
pub fn is_literal(text: &str) -> bool {
    read(text, &mut ()).is_some()
}

/// Tells a builder what the literal in the whole text is made of; `None` if it is none.
pub fn read(text: &str, build: &mut impl Builder) -> Option<()> {
    let text = text.trim_start_matches([' ', '\t']);
    if !may_start_literal(text) || text.contains('\0') {
        return None;
    }
    if text.contains('\r') {
        // CPython's tokenizer sees every kind of line end as a line feed.
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        return parser::parse(&text, build);
    }
    parser::parse(text, build)
}

/// A cheap look at the first character: most raw text begins with a letter that no literal begins with.
fn may_start_literal(text: &str) -> bool {
    text.bytes().next().is_some_and(|first| b"0123456789+-.'\"([{\n\r\\#\x0cTFNsbBrRuU".contains(&first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_literal_eval_takes() {
        for text in [
            "True",
            "None",
            "...",
            "-1",
            "+1",
            "1_000",
            "0x_fF",
            "0o17",
            "0b1",
            "00",
            "012.5",
            "012j",
            ".5",
            "5.",
            "1e+5",
            "1.e1",
            "1J",
            "1+2j",
            "-1.5 - 2j",
            "(-1)+2j",
            "-(1)",
            "'a'",
            "u'é'",
            "rb'\\x'",
            "b'\\N{x}'",
            "'\\q'",
            "'\\777'",
            "'a' \"b\"",
            "'''a\nb'''",
            "'a\\\nb'",
            "\"\"\"\"a\"\"\"",
            "('a'\n'b')",
            "()",
            "(1)",
            "(1,)",
            "1, 2",
            "1,",
            "[]",
            "[1, 2,]",
            "{}",
            "{1}",
            "{1: [2], 'a': {}}",
            "{(): 1}",
            "set()",
            "( set )()",
            "[set( )]",
            "{'a': (1, None), b'b': ...}",
            "  \t1",
            "\n#c\n1 # d\n  # e\n",
            "[ # c\n1]",
            "\\\n1",
            "1 \\\n\n",
            "\r\n1\r",
            "\x0c1",
        ] {
            assert!(is_literal(text), "{text:?}");
        }
    }

    #[test]
    fn leaves_what_literal_eval_leaves() {
        for text in [
            "",
            "  ",
            "true",
            "nan",
            "a",
            "012",
            "0_1",
            "1__0",
            "1_",
            "0x",
            "0b12",
            "1e",
            "1e_1",
            "1._5",
            "1if",
            "--1",
            "-True",
            "~1",
            "1+2",
            "1j+1",
            "1+-2j",
            "1+2j+3j",
            "-(1+1j)",
            "ur'a'",
            "f'a'",
            "'a' b'b'",
            "b'é'",
            "'\\x4'",
            "'\\u12'",
            "'\\U00110000'",
            "b'\\x4'",
            "'a",
            "'a\nb'",
            "'''a",
            "r'\\'",
            ",",
            "(,)",
            "[,]",
            "{,}",
            "[1,,]",
            "{1: 2, 3}",
            "{1, 2: 3}",
            "{1:}",
            "{[]: 1}",
            "{(1, []): 1}",
            "{{}}",
            "{set()}",
            "set",
            "set(1)",
            "set()()",
            "{**{}}",
            "[*[]]",
            "1 2",
            "1\n2",
            "1\n ",
            "\n 1",
            "1\\",
            "1\\\n",
            "\\\n 1",
            "[1",
            "1]",
            "[1)",
            "'a\0b'",
            "é",
            "1;",
            "..",
            "datetime.date(2020, 1, 1)",
            "'\\N{DASH}'",
        ] {
            assert!(!is_literal(text), "{text:?}");
        }
    }

    #[test]
    fn stops_where_cpython_runs_out_of_brackets() {
        let nested = |depth: usize| format!("{}{}", "(".repeat(depth), ")".repeat(depth));
        assert!(is_literal(&nested(200)));
        assert!(!is_literal(&nested(201)));
        assert!(!is_literal(&"[".repeat(1_000_000)));
    }
}
