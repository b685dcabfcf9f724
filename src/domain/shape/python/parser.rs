//! The grammar of a Python literal together with the checks that `ast.literal_eval` makes on the tree.
//!
//! `literal_eval` takes constants, containers of what it takes, `set()`, a sign before a number, and a real number
//! plus or minus an imaginary one. Building sets and dictionaries can fail as well: what is put into a set or used as
//! a key must be hashable. So for each expression it is enough to remember what it may still become a part of. Whoever
//! wants the value as well hands in a [`Builder`], which is told of every part as soon as it is complete.

use super::MOST_BRACKETS;
use super::build::{Atom, Builder, Container};
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
    Sign {
        minus: bool,
    },
    /// A real number and a sign.
    RealAndSign {
        minus: bool,
    },
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
    /// How many expressions were put in; in a dictionary, how many pairs.
    members: usize,
    hashable: bool,
}

impl Frame {
    fn new(holds: Holds, before: Before) -> Self {
        Self { holds, before, any: false, members: 0, hashable: true }
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
        self.members += 1;
        (node != Node::Set).then_some(())
    }
}

/// Parses a whole text; `None` if it is no literal.
pub(super) fn parse(text: &str, build: &mut impl Builder) -> Option<()> {
    let mut lexer = Lexer::new(text);
    let mut parser = Parser { frames: vec![Frame::new(Holds::Group, Before::Nothing)], before: Before::Nothing, build };
    let mut node = None;
    let mut token = lexer.next(false)?;
    loop {
        if let Token::Newline | Token::End = token {
            parser.finish(node)?;
            return if token == Token::End { Some(()) } else { (lexer.next(false)? == Token::End).then_some(()) };
        }
        let is_text = matches!(token, Token::Text { .. });
        node = match node {
            None => parser.operand(token, lexer.written())?,
            Some(node) => parser.after(node, token, &mut lexer)?,
        };
        let next = lexer.next(parser.frames.len() > 1)?;
        token = if is_text { parser.join_adjacent(token, next, &mut lexer)? } else { next };
    }
}

struct Parser<'b, B> {
    frames: Vec<Frame>,
    before: Before,
    build: &'b mut B,
}

impl<B: Builder> Parser<'_, B> {
    /// Strings that stand side by side are one; bytes and text do not mix. Returns the token behind them.
    fn join_adjacent(&mut self, first: Token, mut next: Token, lexer: &mut Lexer<'_>) -> Option<Token> {
        while let Token::Text { .. } = next {
            if next != first {
                return None;
            }
            self.build.adjacent(lexer.written());
            next = lexer.next(self.frames.len() > 1)?;
        }
        Some(next)
    }

    /// An operand is due. Returns it, or nothing where another token must come first.
    fn operand(&mut self, token: Token, written: &str) -> Option<Option<Node>> {
        let (node, atom) = match token {
            Token::Sign { minus } if self.before == Before::Nothing => {
                self.before = Before::Sign { minus };
                return Some(None);
            }
            Token::Open(bracket) => {
                self.open(bracket)?;
                return Some(None);
            }
            Token::Close(bracket) => return self.close(bracket, None).map(Some),
            Token::Real => (Node::Real, Atom::Real),
            Token::Imaginary => (Node::Imaginary, Atom::Imaginary),
            Token::Text { .. } => (Node::Hashable, Atom::Text),
            Token::Constant => (Node::Hashable, Atom::Constant),
            Token::Set => return self.complete(Node::Set).map(Some),
            _ => return None,
        };
        self.build.atom(atom, written);
        self.complete(node).map(Some)
    }

    /// Joins an operand with what stands before it.
    fn complete(&mut self, node: Node) -> Option<Node> {
        match (std::mem::replace(&mut self.before, Before::Nothing), node) {
            (Before::Nothing, node) => Some(node),
            (Before::Sign { minus }, Node::Real) => {
                self.build.sign(minus);
                Some(Node::SignedReal)
            }
            (Before::Sign { minus }, Node::Imaginary) => {
                self.build.sign(minus);
                Some(Node::Hashable)
            }
            (Before::RealAndSign { minus }, Node::Imaginary) => {
                self.build.complex(minus);
                Some(Node::Hashable)
            }
            _ => None,
        }
    }

    /// An expression stands there; sees what the next token makes of it.
    fn after(&mut self, node: Node, token: Token, lexer: &mut Lexer<'_>) -> Option<Option<Node>> {
        let in_brackets = self.frames.len() > 1;
        let frame = self.frames.last_mut()?;
        match token {
            Token::Sign { minus } if matches!(node, Node::Real | Node::SignedReal) => {
                self.before = Before::RealAndSign { minus };
            }
            Token::Open(b'(') if node == Node::Set => {
                let closed = self.frames.len() <= MOST_BRACKETS && lexer.next(true)? == Token::Close(b')');
                self.build.container(Container::Set, 0);
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
        let container = match (bracket, frame.holds) {
            (b')', Holds::Group | Holds::Tuple) => Container::Tuple,
            (b']', Holds::List) => Container::List,
            (b'}', Holds::SetDisplay) => Container::Set,
            (b'}', Holds::Brace | Holds::Key) => Container::Dictionary,
            _ => return None,
        };
        if one.is_none() {
            self.build.container(container, frame.members);
        }
        let hashable = container == Container::Tuple && frame.hashable;
        let node = one.unwrap_or(if hashable { Node::Hashable } else { Node::Unhashable });
        self.before = frame.before;
        self.complete(node)
    }

    /// The text ends, or the line that holds the literal.
    fn finish(&mut self, node: Option<Node>) -> Option<()> {
        let frame = self.frames.last()?;
        let complete = match node {
            Some(Node::Set) => false,
            Some(_) => true,
            // Only a comma may stand at the end.
            None => frame.any && self.before == Before::Nothing,
        };
        if self.frames.len() > 1 || !complete {
            return None;
        }
        if frame.holds == Holds::Tuple {
            self.build.container(Container::Tuple, frame.members + usize::from(node.is_some()));
        }
        Some(())
    }
}
