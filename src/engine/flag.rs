//! From a judged value to the row that reports talk about.

use sha2::{Digest, Sha256};

use super::events::{Flagged, Outcome};
use crate::domain::judge::{Judge, Stored};
use crate::domain::repair::{Capacity, Decision, Examined, examine};
use crate::domain::target::{Identity, Key};

/// The digest by which a value is recognised without being kept.
pub fn digest(value: &[u8]) -> [u8; 32] {
    Sha256::digest(value).into()
}

/// A value that was flagged, before anyone knows whose row it is.
#[derive(Debug)]
pub(super) struct Flag {
    pub examined: Examined,
    pub bytes: u64,
    pub sha256: [u8; 32],
    value: Option<String>,
}

impl Flag {
    /// Examines a value; a healthy one gives nothing. Keeps a copy of the value only where values are shown.
    pub fn examine(judge: &Judge, value: Stored<'_>, capacity: Capacity, show_values: bool) -> Option<Self> {
        let examined = examine(judge, value, capacity)?;
        let bytes = value.bytes();
        Some(Self {
            examined,
            bytes: bytes.len() as u64,
            sha256: digest(bytes),
            value: show_values.then(|| String::from_utf8_lossy(bytes).into_owned()),
        })
    }

    /// Whether the row is to be changed.
    pub fn is_mendable(&self) -> bool {
        matches!(self.examined.decision, Decision::Rewrite(_))
    }

    /// The row as reports talk about it, its decision carried out.
    pub fn into_flagged(self, key: Key, identity: Option<Identity>) -> Flagged {
        let (outcome, rewrite) = match self.examined.decision {
            Decision::Report => (Outcome::Reported, None),
            Decision::Leave(reason) => (Outcome::Skipped(reason), None),
            Decision::Rewrite(text) => (Outcome::Rewritten, Some(text)),
        };
        Flagged {
            key,
            identity,
            finding: Some(self.examined.finding),
            bytes: self.bytes,
            sha256: self.sha256,
            action: self.examined.action,
            outcome,
            rewrite: rewrite.filter(|_| self.value.is_some()),
            value: self.value,
        }
    }
}
