//! The grammar of a Python literal together with the checks that `ast.literal_eval` makes on the tree.
//!
//! `literal_eval` takes constants, containers of what it takes, `set()`, a sign before a number, and a real number
//! plus or minus an imaginary one. Building sets and dictionaries can fail as well: what is put into a set or used as
//! a key must be hashable. So for each expression it is enough to remember what it may still become a part of.

use super::MOST_BRACKETS;
use super::lexer::{Lexer, Token};

/// What an expression is, as far as its surroundings care.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Node {
    /// An integer or a float, no sign.
    Real,
    /// An imaginary number, no sign.
    Imaginary,
    /// A real number with a sign.
    SignedReal,
    /// Anything else that can be hashed.
    Hashable,
    /// Anything else that cannot: a list, a set, a dictionary, or a tuple that holds one.
    Unhashable,
    /// The name `set`, which must be called.
    Set,
}

/// What stands before the operand that is due.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Sign,
    /// A real number and a sign.
    RealAndSign,
}

/// What a bracket, or the whole text, holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// One expression in parentheses, or a tuple once there is a comma.
    Group,
    Tuple,
    List,
    /// A brace of which the first expression is not complete.
    Brace,
    SetDisplay,
    /// A dictionary where a key is due or was read.
    Key,
    /// A dictionary where a value is due or was read.
    Value,
}

/// An open bracket, or the whole text.
struct Frame {
    holds: Holds,
    /// What stands before the bracket.
    before: Before,
    /// Whether anything was put in, so that a comma may stand at the end.
    any: bool,
    hashable: bool,
}

impl Frame {
    fn new(holds: Holds, before: Before) -> Self {
        Self { holds, before, any: false, hashable: true }
    }

    /// Puts a whole expression in, at a comma or at the closing bracket.
    fn put(&mut self, node: Node) -> Option<()> {
        let hashable = !matches!(node, Node::Unhashable);
        match self.holds {
            Holds::SetDisplay if !hashable => return None,
            Holds::Key => return None,
            Holds::Brace => {
                if !hashable {
                    return None;
                }
                self.holds = Holds::SetDisplay;
            }
            Holds::Value => self.holds = Holds::Key,
            _ => {}
        }
        self.hashable &= hashable;
        self.any = true;
        (node != Node::Set).then_some(())
    }
}

/// Parses a whole text; `None` if it is no literal.
pub(super) fn parse(text: &str) -> Option<()> {
    let mut lexer = Lexer::new(text);
    let mut parser = Parser { frames: vec![Frame::new(Holds::Group, Before::Nothing)], before: Before::Nothing };
    let mut node = None;
    let mut token = lexer.next(false)?;
    loop {
        if let Token::Newline | Token::End = token {
            parser.finish(node)?;
            return if token == Token::End { Some(()) } else { (lexer.next(false)? == Token::End).then_some(()) };
        }
        let is_text = matches!(token, Token::Text { .. });
        node = match node {
            None => parser.operand(token)?,
            Some(node) => parser.after(node, token, &mut lexer)?,
        };
        let next = lexer.next(parser.frames.len() > 1)?;
        token = if is_text { skip_adjacent(token, next, &mut lexer, parser.frames.len() > 1)? } else { next };
    }
}

/// Strings that stand side by side are one; bytes and text do not mix.
fn skip_adjacent(first: Token, mut next: Token, lexer: &mut Lexer<'_>, in_brackets: bool) -> Option<Token> {
    while let Token::Text { .. } = next {
        if next != first {
            return None;
        }
        next = lexer.next(in_brackets)?;
    }
    Some(next)
}

struct Parser {
    frames: Vec<Frame>,
    before: Before,
}

impl Parser {
    /// An operand is due. Returns it, or nothing where another token must come first.
    fn operand(&mut self, token: Token) -> Option<Option<Node>> {
        let node = match token {
            Token::Sign if self.before == Before::Nothing => {
                self.before = Before::Sign;
                return Some(None);
            }
            Token::Open(bracket) => {
                self.open(bracket)?;
                return Some(None);
            }
            Token::Close(bracket) => return self.close(bracket, None).map(Some),
            Token::Real => Node::Real,
            Token::Imaginary => Node::Imaginary,
            Token::Text { .. } | Token::Constant => Node::Hashable,
            Token::Set => Node::Set,
            _ => return None,
        };
        self.complete(node).map(Some)
    }

    /// Joins an operand with what stands before it.
    fn complete(&mut self, node: Node) -> Option<Node> {
        match (std::mem::replace(&mut self.before, Before::Nothing), node) {
            (Before::Nothing, node) => Some(node),
            (Before::Sign, Node::Real) => Some(Node::SignedReal),
            (Before::Sign, Node::Imaginary) | (Before::RealAndSign, Node::Imaginary) => Some(Node::Hashable),
            _ => None,
        }
    }

    /// An expression stands there; sees what the next token makes of it.
    fn after(&mut self, node: Node, token: Token, lexer: &mut Lexer<'_>) -> Option<Option<Node>> {
        let in_brackets = self.frames.len() > 1;
        let frame = self.frames.last_mut()?;
        match token {
            Token::Sign if matches!(node, Node::Real | Node::SignedReal) => self.before = Before::RealAndSign,
            Token::Open(b'(') if node == Node::Set => {
                let closed = self.frames.len() <= MOST_BRACKETS && lexer.next(true)? == Token::Close(b')');
                return closed.then_some(Some(Node::Unhashable));
            }
            Token::Comma => {
                frame.put(node)?;
                if frame.holds == Holds::Group {
                    frame.holds = Holds::Tuple;
                }
            }
            Token::Colon if matches!(frame.holds, Holds::Brace | Holds::Key) => {
                if matches!(node, Node::Unhashable | Node::Set) {
                    return None;
                }
                frame.holds = Holds::Value;
                frame.any = false;
            }
            Token::Close(bracket) if in_brackets => return self.close(bracket, Some(node)).map(Some),
            _ => return None,
        }
        Some(None)
    }

    fn open(&mut self, bracket: u8) -> Option<()> {
        if self.frames.len() > MOST_BRACKETS {
            return None;
        }
        let holds = match bracket {
            b'(' => Holds::Group,
            b'[' => Holds::List,
            _ => Holds::Brace,
        };
        self.frames.push(Frame::new(holds, std::mem::replace(&mut self.before, Before::Nothing)));
        Some(())
    }

    /// Closes the innermost bracket, whose last expression is `last`, or which ends after a comma or at once.
    fn close(&mut self, bracket: u8, last: Option<Node>) -> Option<Node> {
        if self.frames.len() < 2 || self.before != Before::Nothing {
            return None;
        }
        let mut frame = self.frames.pop()?;
        let one = if frame.holds == Holds::Group { last } else { None };
        match last {
            Some(node) if one.is_none() => frame.put(node)?,
            // After a colon a value must follow.
            None if frame.holds == Holds::Value && !frame.any => return None,
            _ => {}
        }
        let node = match (bracket, frame.holds) {
            (b')', Holds::Group) => one.unwrap_or(Node::Hashable),
            (b')', Holds::Tuple) if frame.hashable => Node::Hashable,
            (b')', Holds::Tuple) | (b']', Holds::List) => Node::Unhashable,
            (b'}', Holds::Brace | Holds::SetDisplay | Holds::Key) => Node::Unhashable,
            _ => return None,
        };
        self.before = frame.before;
        self.complete(node)
    }

    /// The text ends, or the line that holds the literal.
    fn finish(&mut self, node: Option<Node>) -> Option<()> {
        let frame = self.frames.last()?;
        match node {
            Some(Node::Set) => None,
            Some(_) => (self.frames.len() == 1).then_some(()),
            // Only a comma may stand at the end.
            None => (self.frames.len() == 1 && frame.any && self.before == Before::Nothing).then_some(()),
        }
    }
}
