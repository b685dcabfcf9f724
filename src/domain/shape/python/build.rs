//! What a literal is put together from, for whoever wants its value.

/// What stands for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Atom {
    /// An integer or a float, no sign.
    Real,
    /// A number with a `j`.
    Imaginary,
    /// A string, or bytes, with prefix and quotes.
    Text,
    /// `None`, `True`, `False` or `...`.
    Constant,
}

/// What holds others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    Tuple,
    List,
    Set,
    /// Its members are pairs.
    Dictionary,
}

/// Is told of each part of a literal when it is complete, members before what holds them. What it has been told means
/// nothing until the whole text turns out to be a literal. Everything is optional.
pub trait Builder {
    /// An atom, as it is written.
    fn atom(&mut self, _atom: Atom, _written: &str) {}

    /// Another piece of the string or of the bytes that were told last.
    fn adjacent(&mut self, _written: &str) {}

    /// A sign before the number that was told last.
    fn sign(&mut self, _minus: bool) {}

    /// The last two numbers, a real and an imaginary one, are added, or the second is taken from the first.
    fn complex(&mut self, _minus: bool) {}

    /// The last so many members, or pairs of them, are in a container.
    fn container(&mut self, _container: Container, _members: usize) {}
}

/// For whoever only asks whether it is a literal.
impl Builder for () {}
