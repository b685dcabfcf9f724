//! From a judged value to the row that reports talk about.

use sha2::{Digest, Sha256};

use super::events::{Flagged, Outcome};
use super::store::LockedRow;
use crate::domain::finding::{Action, Finding};
use crate::domain::judge::{Judge, Stored};
use crate::domain::repair::{Capacity, Decision, Examined, Reason, examine};
use crate::domain::target::{Identity, Key};

/// The digest by which a value is recognised without being kept.
pub fn digest(value: &[u8]) -> [u8; 32] {
    Sha256::digest(value).into()
}

/// How much of a flagged value is kept. A window may flag thousands of long ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Keep {
    /// What it takes to lock the row and look again.
    Nothing,
    /// What the value becomes, to write it.
    Rewrite,
    /// The value, too, to show it.
    Both,
}

/// A value that was flagged, before anyone knows whose row it is.
#[derive(Clone, Debug)]
pub(super) struct Flag {
    pub finding: Finding,
    pub action: Action,
    pub outcome: Outcome,
    pub bytes: u64,
    pub sha256: [u8; 32],
    pub rewrite_sha256: Option<[u8; 32]>,
    pub rewrite: Option<String>,
    value: Option<String>,
}

impl Flag {
    /// Examines a value; a healthy one gives nothing.
    pub fn examine(judge: &Judge, value: Stored<'_>, capacity: Capacity, keep: Keep) -> Option<Self> {
        let Examined { finding, action, decision } = examine(judge, value, capacity)?;
        let (outcome, rewrite) = match decision {
            Decision::Report => (Outcome::Reported, None),
            Decision::Leave(reason) => (Outcome::Skipped(reason), None),
            Decision::Rewrite(text) => (Outcome::Rewritten, Some(text)),
        };
        let bytes = value.bytes();
        Some(Self {
            finding,
            action,
            outcome,
            bytes: bytes.len() as u64,
            sha256: digest(bytes),
            rewrite_sha256: rewrite.as_deref().map(|rewrite| digest(rewrite.as_bytes())),
            rewrite: rewrite.filter(|_| keep != Keep::Nothing),
            value: (keep == Keep::Both).then(|| String::from_utf8_lossy(bytes).into_owned()),
        })
    }

    /// Whether the row is to be changed.
    pub fn is_mendable(&self) -> bool {
        self.outcome == Outcome::Rewritten
    }

    /// The same, but the row is left for a reason that the value does not tell.
    pub fn left(self, reason: Reason) -> Self {
        Self { outcome: Outcome::Skipped(reason), rewrite_sha256: None, rewrite: None, ..self }
    }

    /// The row as reports talk about it, its decision carried out.
    pub fn into_flagged(self, key: Key, identity: Option<Identity>) -> Flagged {
        Flagged {
            key,
            identity,
            finding: Some(self.finding),
            bytes: self.bytes,
            sha256: self.sha256,
            rewrite_sha256: self.rewrite_sha256,
            action: self.action,
            outcome: self.outcome,
            rewrite: self.rewrite.filter(|_| self.value.is_some()),
            value: self.value,
        }
    }
}

impl Flagged {
    /// A row that is not what an undo or a plan took it for, as it is now.
    pub(super) fn drifted(judge: &Judge, row: LockedRow, reason: Reason) -> Self {
        let value = row.value.stored();
        let flag = Flag::examine(judge, value, Capacity::UNLIMITED, Keep::Nothing);
        Self {
            identity: Some(row.facts.identity),
            finding: flag.map(|flag| flag.finding),
            bytes: value.bytes().len() as u64,
            sha256: digest(value.bytes()),
            ..Self::unseen(row.key, Outcome::Drifted(reason))
        }
    }

    /// A row of which nothing is known but its key.
    pub(super) fn unseen(key: Key, outcome: Outcome) -> Self {
        Self {
            key,
            identity: None,
            finding: None,
            bytes: 0,
            sha256: digest(b""),
            rewrite_sha256: None,
            action: Action::None,
            outcome,
            value: None,
            rewrite: None,
        }
    }
}
