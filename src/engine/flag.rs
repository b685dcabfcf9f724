//! From a judged value to the row that reports talk about.

use sha2::{Digest, Sha256};

use super::Work;
use super::events::{Flagged, Outcome};
use super::made::Made;
use super::store::{Facts, LockedRow};
use crate::domain::finding::{Action, Finding, Kind};
use crate::domain::judge::{Judge, Stored};
use crate::domain::repair::{Capacity, Decision, Reason, decide};
use crate::domain::rules::{Kinds, Moment, Owner, Row, RuleRef, Rules};
use crate::domain::target::{Key, Target};

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

/// What the journal, plans and rules call a value of which there is nothing to say.
const READABLE: &str = Kinds::READABLE_NAME;

/// What the journal and plans call what is wrong with a value.
pub fn kind_name(finding: Option<&Finding>) -> &'static str {
    finding.map_or(READABLE, |finding| finding.kind.name())
}

/// A value, and where it was met.
#[derive(Clone, Copy, Debug)]
pub(super) struct Met<'v> {
    pub target: &'static Target,
    pub value: Stored<'v>,
    /// May be missing where the rules ask for nothing of it.
    pub facts: Option<&'v Facts>,
    pub capacity: Capacity,
}

impl Met<'_> {
    fn ask(&self, rules: &Rules, kind: Option<Kind>) -> (RuleRef, Action) {
        let target = self.target;
        let text = |column| target.part(&self.facts?.identity, column)?.as_text();
        let asset = self.facts.and_then(|facts| target.part(&facts.identity, "asset_id")?.to_text());
        let owner = Owner { dag: text("dag_id"), task: text("task_id"), asset: asset.as_deref() };
        rules.decide(&Row {
            kind,
            table: &target.table,
            reader: target.reader,
            owner,
            key: text("key"),
            value: self.value.bytes(),
            written_at: self.facts.and_then(|facts| facts.moment).map(Moment),
        })
    }
}

/// A value that was flagged, before anyone knows whose row it is.
#[derive(Clone, Debug)]
pub(super) struct Flag {
    /// Nothing where the value reads well and a rule wants it changed all the same.
    pub finding: Option<Finding>,
    pub rule: RuleRef,
    pub action: Action,
    pub outcome: Outcome,
    pub bytes: u64,
    pub sha256: [u8; 32],
    pub rewrite_sha256: Option<[u8; 32]>,
    pub rewrite: Option<String>,
    value: Option<String>,
}

impl Flag {
    /// Judges a value and asks the rules about it. A healthy one gives nothing, unless a rule wants it changed.
    pub fn examine(work: &Work<'_>, met: Met<'_>, keep: Keep) -> Option<Self> {
        let judge = work.judge_of(met.target);
        let finding = judge.judge(met.value);
        if finding.is_none() && !work.rules.considers_readable() {
            return None;
        }
        let (rule, action) = met.ask(work.rules, finding.as_ref().map(|finding| finding.kind));
        let capacity = met.capacity.and(met.target.capacity);
        let decision = decide(&judge, met.value, finding.as_ref(), action, capacity);
        let (outcome, rewrite) = match decision {
            Decision::Report | Decision::Leave(Reason::Ruled) if finding.is_none() => return None,
            Decision::Report => (Outcome::Reported, None),
            Decision::Leave(reason) => (Outcome::Skipped(reason), None),
            Decision::Rewrite(text) => (Outcome::Rewritten, Some(text)),
        };
        let bytes = met.value.bytes();
        Some(Self {
            finding,
            rule,
            action,
            outcome,
            bytes: bytes.len() as u64,
            sha256: digest(bytes),
            rewrite_sha256: rewrite.as_deref().map(|rewrite| digest(rewrite.as_bytes())),
            rewrite: rewrite.filter(|_| keep != Keep::Nothing),
            value: (keep == Keep::Both).then(|| String::from_utf8_lossy(bytes).into_owned()),
        })
    }

    /// What the journal and plans call what is wrong with the value.
    pub fn kind(&self) -> &'static str {
        kind_name(self.finding.as_ref())
    }

    /// Whether the row is to be changed.
    pub fn is_mendable(&self) -> bool {
        self.outcome == Outcome::Rewritten
    }

    /// The same, unless the value is to become a string and a run has made it of one: then there is nothing to be done,
    /// and of a healthy value nothing to be said.
    pub fn unless_made(self, made: &Made, target: &Target, key: &Key) -> Option<Self> {
        let again = self.is_mendable() && self.action == Action::String && made.has(&target.table, key, &self.sha256);
        match &self.finding {
            _ if !again => Some(self),
            None => None,
            Some(_) => Some(Self { outcome: Outcome::Reported, rewrite_sha256: None, rewrite: None, ..self }),
        }
    }

    /// The same, but the row is left for a reason that the value does not tell.
    pub fn left(self, reason: Reason) -> Self {
        Self { outcome: Outcome::Skipped(reason), rewrite_sha256: None, rewrite: None, ..self }
    }

    /// The row as reports talk about it, its decision carried out.
    pub fn into_flagged(self, key: Key, facts: Option<Facts>) -> Flagged {
        Flagged {
            key,
            facts,
            finding: self.finding,
            rule: Some(self.rule),
            novelty: None,
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
        let finding = judge.judge(row.value.stored());
        Self { finding, ..Self::healthy(row, Outcome::Drifted(reason)) }
    }

    /// A row of which nothing is to be said but what becomes of it.
    pub(super) fn healthy(row: LockedRow, outcome: Outcome) -> Self {
        let value = row.value.stored().bytes();
        Self {
            bytes: value.len() as u64,
            sha256: digest(value),
            facts: Some(row.facts),
            ..Self::unseen(row.key, outcome)
        }
    }

    /// A row of which nothing is known but its key.
    pub(super) fn unseen(key: Key, outcome: Outcome) -> Self {
        Self {
            key,
            facts: None,
            finding: None,
            rule: None,
            novelty: None,
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
