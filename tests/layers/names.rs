//! Finds every path that a source names, in `use` trees, code and macros alike, and where it says `async`.
//!
//! It reads tokens, not lines: comments and strings are gone, and a path is one however it is broken up. What a path
//! means is worked out as far as the layers need it: `crate::`, `self::` and `super::` lead to a module of this crate,
//! anything else begins outside of it.

use proc_macro2::{Delimiter, Group, Ident, Punct, Spacing, Span, TokenStream, TokenTree};

/// What a source names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// A module or item of this crate, by its segments from the root on.
    Ours(Vec<String>),
    /// Something of another crate or of the standard library. May also be a name that an outer `use` brought in.
    Other(Vec<String>),
    /// The word `async`.
    Async,
}

/// Every name in a source of the module `module`, with its line.
pub fn names(source: &str, module: &[&str]) -> Vec<(usize, Name)> {
    let tokens: TokenStream = source.parse().expect("sources are Rust");
    let mut walk = Walk { module: module.iter().map(|&name| name.to_owned()).collect(), found: Vec::new() };
    walk.tokens(tokens);
    walk.found
}

struct Walk {
    /// The module that is being read, inline modules included.
    module: Vec<String>,
    found: Vec<(usize, Name)>,
}

impl Walk {
    fn tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at = match token {
                TokenTree::Ident(word) => self.word(word, &tokens, at),
                TokenTree::Group(group) => {
                    self.tokens(group.stream());
                    at + 1
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => at + 1,
            }
        }
    }

    /// Reads what begins with a word, and says where to go on.
    fn word(&mut self, word: &Ident, tokens: &[TokenTree], at: usize) -> usize {
        match (word.to_string().as_str(), &tokens[at + 1..]) {
            // What an `impl Trait + use<'a>` captures.
            ("use", [TokenTree::Punct(sign), ..]) if sign.as_char() == '<' => at + 1,
            ("use", rest) => {
                let end = rest.iter().position(is_semicolon).unwrap_or(rest.len());
                self.tree(&[], &rest[..end]);
                at + 1 + end
            }
            ("mod", [TokenTree::Ident(name), TokenTree::Group(body), ..]) => {
                self.module.push(name.to_string());
                self.tokens(body.stream());
                self.module.pop();
                at + 3
            }
            ("pub", [TokenTree::Group(reach), ..]) if is_reach(reach) => at + 2,
            ("async", _) => {
                self.found.push((line(word.span()), Name::Async));
                at + 1
            }
            _ => self.path(tokens, at),
        }
    }

    /// Reads a path in code. A single word is no path: it names something near by, or something that a `use` named.
    fn path(&mut self, tokens: &[TokenTree], start: usize) -> usize {
        let mut segments = vec![tokens[start].to_string()];
        let mut at = start + 1;
        while let [TokenTree::Punct(first), TokenTree::Punct(second), TokenTree::Ident(word), ..] = &tokens[at..]
            && is_path_separator(first, second)
        {
            segments.push(word.to_string());
            at += 3;
        }
        if segments.len() > 1 {
            self.name(line(tokens[start].span()), segments);
        }
        at
    }

    /// Reads one tree of a `use` behind its prefix.
    fn tree(&mut self, prefix: &[String], tokens: &[TokenTree]) {
        let mut segments = prefix.to_vec();
        for token in tokens {
            match token {
                TokenTree::Ident(word) if word == "as" => break,
                TokenTree::Ident(word) => segments.push(word.to_string()),
                TokenTree::Group(trees) => {
                    let trees: Vec<TokenTree> = trees.stream().into_iter().collect();
                    for tree in trees.split(is_comma) {
                        self.tree(&segments, tree);
                    }
                    return;
                }
                TokenTree::Punct(sign) if sign.as_char() == '*' => segments.push("*".to_owned()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
        if let Some(first) = tokens.first() {
            self.name(line(first.span()), segments);
        }
    }

    fn name(&mut self, line: usize, segments: Vec<String>) {
        self.found.push((line, self.resolved(segments)));
    }

    /// Where a path leads, seen from the module that is being read.
    fn resolved(&self, segments: Vec<String>) -> Name {
        let mut module = match segments.first().map(String::as_str) {
            Some("crate" | "statemend") => Vec::new(),
            Some("self" | "super") => self.module.clone(),
            _ => return Name::Other(segments.into_iter().filter(|segment| segment != "self").collect()),
        };
        for segment in segments {
            match segment.as_str() {
                "crate" | "statemend" if module.is_empty() => {}
                "self" => {}
                "super" => drop(module.pop()),
                _ => module.push(segment),
            }
        }
        Name::Ours(module)
    }
}

fn line(span: Span) -> usize {
    span.start().line
}

fn is_semicolon(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(sign) if sign.as_char() == ';')
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(sign) if sign.as_char() == ',')
}

fn is_path_separator(first: &Punct, second: &Punct) -> bool {
    first.as_char() == ':' && first.spacing() == Spacing::Joint && second.as_char() == ':'
}

/// Whether this is how far a `pub` reaches, such as the `(crate)` of `pub(crate)`.
fn is_reach(group: &Group) -> bool {
    let words: Vec<String> = group.stream().into_iter().map(|token| token.to_string()).collect();
    let reaches = matches!(words.first().map(String::as_str), Some("crate" | "self" | "super")) && words.len() == 1;
    group.delimiter() == Delimiter::Parenthesis && (reaches || words.first().is_some_and(|word| word == "in"))
}
