//! Folds the engine's events into a [`Report`].

use super::assets::AssetNames;
use super::carry::CarryCounts;
use super::census::CensusReport;
use super::check::{CheckReport, Comparing, Earlier};
use super::circumstances::BySeverity;
use super::columns::{Columns, Time};
use super::distinct::Distinct;
use super::model::{
    Counts, Database, Fates, FindingReport, Mode, Outcome, Report, RowOutcome, RuleReport, SCHEMA_VERSION, TableReport,
    Tool,
};
use super::shortlist::{Most, Shortlist, weight};
use super::wording::{micros, rfc_3339};
use crate::domain::census::Census;
use crate::domain::check::Novelty;
use crate::domain::finding::Severity;
use crate::domain::generations;
use crate::domain::repair::Reason;
use crate::domain::rules::{RuleRef, Rules};
use crate::domain::run::Tally;
use crate::domain::shard::Shard;
use crate::domain::target::Target;
use crate::engine::Ending;
use crate::engine::events::{self, Counted, Event, Events, Flagged};
use crate::engine::store::Facts;

/// What is known of a report before the work begins.
#[derive(Clone, Debug)]
pub struct Preface {
    /// What makes the report.
    pub tool: Tool,
    /// What is asked for.
    pub mode: Mode,
    /// The run whose values an undo puts back.
    pub undoes: Option<String>,
    /// Whether it takes rows away that a carry has made.
    pub removes: bool,
    /// Which part of the rows is looked at, if not all.
    pub shard: Option<Shard>,
    /// What decides about rows.
    pub rules: Rules,
    /// Where.
    pub database: Database,
    /// RFC 3339.
    pub started_at: String,
    /// How many findings are enough.
    pub most: Most,
    /// What counts for [`Outcome::Findings`].
    pub fail_on: FailOn,
    /// What a check knows of earlier ones.
    pub earlier: Earlier,
}

/// What a mode that only reads must find to end with [`Outcome::Findings`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailOn {
    /// A row of at least this severity.
    Severity(Severity),
    /// A row that some reader fails on and that is new to a check.
    New,
}

impl From<Severity> for FailOn {
    fn from(severity: Severity) -> Self {
        Self::Severity(severity)
    }
}

/// Collects what happens until the report can be written.
#[derive(Debug)]
pub struct Collector {
    preface: Preface,
    run_id: Option<String>,
    tables: Vec<Table>,
    /// How many rows each rule took, and what became of them. Empty where only defaults apply.
    rules: Vec<(RuleRef, Fates)>,
    circumstances: BySeverity,
    findings: Shortlist,
}

#[derive(Debug)]
struct Table {
    target: &'static Target,
    counts: Counts,
    earlier: Option<Tally>,
    unreadable_lists: Distinct,
    unreadable_lists_left: Distinct,
    /// What the database said of some of the unreadable lists, or of all.
    counted_lists: Option<Counted>,
    check: Option<Comparing>,
    census: Option<Census>,
}

impl Collector {
    /// Begins a report.
    pub fn new(preface: Preface) -> Self {
        let findings = Shortlist::new(preface.most.listed);
        let rules = if preface.rules == Rules::default() { Vec::new() } else { preface.rules.refs().collect() };
        let rules = rules.into_iter().map(|rule| (rule, Fates::default())).collect();
        let circumstances = BySeverity::until(micros(&preface.started_at));
        Self { preface, run_id: None, tables: Vec::new(), rules, circumstances, findings }
    }

    /// Ends the report. `finished_at` is RFC 3339.
    pub fn finish(self, ending: Ending, finished_at: String) -> Report {
        let Self { preface, run_id, tables, rules, circumstances, findings } = self;
        let rules = rules.into_iter().map(|(rule, rows)| RuleReport::new(&preface.rules, rule, rows)).collect();
        let airflows = tables.iter().filter(|table| !table.target.is_own());
        let censuses: Vec<&Census> = airflows.filter_map(|table| table.census.as_ref()).collect();
        let legacy_before = Census::legacy_before(&censuses).map(rfc_3339);
        let (mode, started_at) = (preface.mode, &preface.started_at);
        let tables: Vec<_> = tables.into_iter().map(|table| table.into_report(mode, ending, started_at)).collect();
        let carry = mode.carries().then(CarryCounts::default);
        let mut totals = Counts { carry, ..Counts::default() };
        for table in &tables {
            totals.add(&table.counts);
        }
        let is_check = preface.mode == Mode::Check;
        let check = is_check.then(|| CheckReport::new(preface.earlier, &tables, &totals, started_at));
        let found = match preface.fail_on {
            FailOn::Severity(severity) => totals.of_at_least(severity),
            FailOn::New => check.as_ref().map_or(0, |check| check.rows.new_errors),
        };
        let found = if mode == Mode::Repair { tables.iter().map(TableReport::unreadable_by_rule).sum() } else { found };
        let (findings, findings_truncated) = findings.into_findings();
        Report {
            schema_version: SCHEMA_VERSION,
            tool: preface.tool,
            mode: preface.mode,
            run_id,
            undoes: preface.undoes,
            removes: preface.removes,
            shard: preface.shard,
            database: preface.database,
            started_at: preface.started_at,
            finished_at,
            tables,
            rules,
            check,
            legacy_before,
            circumstances: circumstances.into_reports(),
            assets: AssetNames::new(),
            findings,
            findings_truncated,
            shown_of_each_table: preface.most.shown,
            outcome: outcome(preface.mode, ending, found, &totals),
            totals,
        }
    }

    fn table(&mut self, target: &'static Target) -> &mut Table {
        let place = self.tables.iter().position(|table| table.target.table == target.table).unwrap_or_else(|| {
            self.tables.push(Table::new(target));
            self.tables.len() - 1
        });
        &mut self.tables[place]
    }

    /// Another run follows the first: it looks at all rows once more, so only what was changed is remembered.
    fn look_again(&mut self) {
        self.findings.keep_rewritten();
        self.circumstances.keep_rewritten();
        for (_, fates) in &mut self.rules {
            *fates = Fates { rewritten: fates.rewritten, ..Fates::default() };
        }
        self.tables.iter_mut().for_each(Table::look_again);
    }

    fn flagged(&mut self, target: &'static Target, row: &Flagged) {
        let (outcome, reason) = split(row.outcome);
        if let Some((_, fates)) = self.rules.iter_mut().find(|(rule, _)| Some(*rule) == row.rule) {
            fates.count(outcome);
        }
        // An undo tells only of the rows that it left, and they are not what its run had found.
        if self.preface.mode != Mode::Undo {
            self.circumstances.add(target, row);
        }
        let table = self.table(target);
        table.count(row, outcome, reason);
        if let (Some(check), Some(novelty)) = (&mut table.check, row.novelty) {
            check.flagged(target, row, novelty);
        }
        let severity = row.finding.as_ref().map(|finding| target.reader.severity(finding.kind));
        let weight = weight(outcome, severity, is_new(row) == Some(true));
        self.findings.offer(&target.table, weight, || finding(target, row));
    }
}

impl Events for Collector {
    fn event(&mut self, event: &Event<'_>) {
        match *event {
            Event::RunStarted { run, .. } => {
                if self.run_id.replace(run.to_string()).is_some() {
                    self.look_again();
                }
            }
            Event::TableStarted { target, .. } => {
                self.table(target);
            }
            Event::Scanned { target, rows, bytes } => {
                let counts = &mut self.table(target).counts;
                counts.rows_scanned += rows;
                counts.bytes_scanned += bytes;
            }
            Event::Flagged { target, ref row } => self.flagged(target, row),
            Event::Carried { target, rows } => self.table(target).carry().carried += rows,
            Event::PutBack { target, rows, .. } => self.table(target).counts.rewritten += rows,
            Event::Earlier { target, tally } => self.table(target).count_earlier(tally),
            Event::Census { target, sightings } => {
                let census = self.table(target).census.get_or_insert_default();
                sightings.iter().for_each(|sighting| census.add(sighting));
            }
            Event::Lists { target, counted } => self.table(target).counted_lists = Some(counted),
            Event::Compared { target, last, pass } => self.table(target).check = Some(Comparing::new(last, pass)),
            Event::Gone { target, readable, deleted } => {
                if let Some(check) = &mut self.table(target).check {
                    check.gone(readable, deleted);
                }
            }
            Event::Waiting { .. } => {}
        }
    }
}

impl Table {
    fn new(target: &'static Target) -> Self {
        Self {
            target,
            counts: Counts::default(),
            earlier: None,
            unreadable_lists: Distinct::default(),
            unreadable_lists_left: Distinct::default(),
            counted_lists: None,
            check: None,
            census: None,
        }
    }

    fn carry(&mut self) -> &mut CarryCounts {
        self.counts.carry.get_or_insert_default()
    }

    fn count(&mut self, row: &Flagged, outcome: RowOutcome, reason: Option<Reason>) {
        let counts = &mut self.counts;
        if let (Some(carry), Some(reason)) = (&mut counts.carry, reason) {
            carry.leave(reason);
        }
        match outcome {
            RowOutcome::Reported => {}
            RowOutcome::Rewritten => counts.rewritten += 1,
            RowOutcome::Skipped => counts.skipped += 1,
            RowOutcome::Drifted => counts.drifted += 1,
        }
        let Some(finding) = &row.finding else {
            counts.flagged += 1;
            if row.rule.is_some() {
                counts.readable.count(outcome);
            }
            return;
        };
        let severity = self.target.reader.severity(finding.kind);
        counts.count_kind(finding.kind, severity, 1);
        counts.outcomes.entry(finding.kind).or_default().count(outcome);
        let identity = row.identity().filter(|_| finding.readings.break_list());
        if let Some(list) = identity.and_then(|identity| self.target.list(identity)) {
            self.unreadable_lists.insert(list);
            if outcome != RowOutcome::Rewritten {
                self.unreadable_lists_left.insert(list);
            }
        }
    }

    fn look_again(&mut self) {
        let counts = std::mem::take(&mut self.counts);
        self.unreadable_lists_left = Distinct::default();
        let changes = |Tally { rewritten, carried, .. }| Tally { rewritten, carried, ..Tally::default() };
        self.earlier = self.earlier.map(changes);
        self.counts.rewritten = counts.rewritten;
        self.counts.readable = Fates { rewritten: counts.readable.rewritten, ..Fates::default() };
        self.counts.flagged = self.counts.readable.rewritten;
        self.counts.carry =
            counts.carry.map(|CarryCounts { carried, .. }| CarryCounts { carried, ..CarryCounts::default() });
        for (kind, Fates { rewritten, .. }) in counts.outcomes.into_iter().filter(|(_, fates)| fates.rewritten > 0) {
            let severity = self.target.reader.severity(kind);
            self.counts.count_kind(kind, severity, rewritten);
            self.counts.outcomes.insert(kind, Fates { rewritten, ..Fates::default() });
        }
    }

    fn count_earlier(&mut self, tally: Tally) {
        self.counts.rows_scanned += tally.rows_scanned;
        self.counts.bytes_scanned += tally.bytes_scanned;
        self.counts.rewritten += tally.rewritten;
        self.counts.skipped += tally.skipped;
        self.counts.drifted += tally.drifted;
        let Tally { carried, already_there, orphans, .. } = tally;
        if carried + already_there + orphans > 0 {
            self.carry().add(CarryCounts { carried, present: 0, already_there, orphans });
        }
        self.earlier.get_or_insert_default().add(tally);
    }

    fn into_report(self, mode: Mode, ending: Ending, started_at: &str) -> TableReport {
        let mut counts = self.counts;
        let into = generations::released(&self.target.table).filter(|_| mode.carries());
        if into.is_some() {
            let accounted_for = counts.carry.map_or(0, |carry| carry.carried) + counts.skipped;
            counts.carry.get_or_insert_default().present = counts.rows_scanned.saturating_sub(accounted_for);
        }
        counts.unreadable_lists = self.unreadable_lists.count();
        counts.unreadable_lists_left = self.unreadable_lists_left.count();
        counts.unreadable_lists_estimated = self.unreadable_lists.is_estimate();
        if let Some(Counted { lists, rows, unreadable }) = self.counted_lists.filter(|counted| counted.lists > 0) {
            let readable = rows.saturating_sub(unreadable);
            counts.hidden_keys = Some(readable.saturating_mul(counts.unreadable_lists) / lists);
            counts.hidden_keys_estimated = lists < counts.unreadable_lists;
        }
        let check = self.check.map(|check| check.into_report(&counts, ending, started_at));
        TableReport {
            check,
            table: self.target.table.clone(),
            generation: self.target.generation,
            into: into.map(str::to_owned),
            reader: self.target.is_own().then_some(self.target.reader),
            counts,
            earlier: self.earlier,
            census: self.census.as_ref().map(CensusReport::new),
        }
    }
}

/// Whether a row is new to a check, where there is something to compare it with.
fn is_new(row: &Flagged) -> Option<bool> {
    match row.novelty? {
        Novelty::New | Novelty::Changed => Some(true),
        Novelty::Still => Some(false),
        Novelty::Unknown => None,
    }
}

const fn split(outcome: events::Outcome) -> (RowOutcome, Option<Reason>) {
    match outcome {
        events::Outcome::Reported => (RowOutcome::Reported, None),
        events::Outcome::Rewritten => (RowOutcome::Rewritten, None),
        events::Outcome::Skipped(reason) => (RowOutcome::Skipped, Some(reason)),
        events::Outcome::Drifted(reason) => (RowOutcome::Drifted, Some(reason)),
    }
}

/// A flagged row as reports list it.
pub(super) fn finding(target: &'static Target, row: &Flagged) -> FindingReport {
    let (outcome, reason) = split(row.outcome);
    let finding = row.finding.as_ref();
    let time = |time: fn(&Facts) -> Option<i64>| row.facts.as_ref().and_then(time).map(Time);
    FindingReport {
        table: &target.table,
        key: Columns::of_key(target, &row.key),
        identity: row.identity().map(|identity| Columns::of_identity(target, identity)),
        kind: finding.map(|finding| finding.kind),
        severity: finding.map(|finding| target.reader.severity(finding.kind)),
        readers: finding.map(|finding| finding.readings),
        message: finding.map(|finding| finding.message.clone()),
        offset: finding.and_then(|finding| finding.offset),
        written_at: time(|facts| facts.moment),
        expires_at: time(|facts| facts.expires_at),
        bytes: row.bytes,
        sha256: row.sha256,
        action: row.action,
        outcome,
        reason,
        new: is_new(row),
        value: row.value.clone(),
        rewrite: row.rewrite.clone(),
    }
}

/// How it went. `found` is how many rows there are that a mode that only reads is to fail for, or that the rules of a
/// repair leave unreadable.
fn outcome(mode: Mode, ending: Ending, found: u64, totals: &Counts) -> Outcome {
    match mode {
        _ if ending == Ending::Interrupted => Outcome::Interrupted,
        Mode::Scan | Mode::DryRun | Mode::Check if found > 0 => Outcome::Findings,
        Mode::CarryDryRun if totals.left() > 0 || found > 0 => Outcome::Findings,
        Mode::Repair | Mode::Carry | Mode::Undo if totals.left() > 0 => Outcome::Partial,
        Mode::Repair if totals.rewritten > 0 => Outcome::Repaired,
        Mode::Repair if found > 0 => Outcome::Findings,
        Mode::Carry if totals.carry.is_some_and(|carry| carry.carried > 0) => Outcome::Carried,
        Mode::Undo => Outcome::Undone,
        _ => Outcome::Clean,
    }
}

#[cfg(test)]
mod tests;
