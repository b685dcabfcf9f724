//! Writing needs a token, and only the user's consent makes one.

/// Proof that the user agreed to a change of the database. Whoever makes one has asked, or was told `--yes`.
#[derive(Debug)]
pub struct Consent(());

impl Consent {
    /// The user said yes, here or on the command line.
    pub const fn given() -> Self {
        Self(())
    }
}
