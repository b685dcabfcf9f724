//! What the human report says of a carry: of rows that went from older tables into the released ones.

use indicatif::HumanCount;

use super::sentences::{Next, left_by_rules, why_left};
use crate::report::carry::CarryCounts;
use crate::report::model::{Counts, Mode, Outcome, Report, TableReport};
use crate::report::wording::{count, either, list};

/// The report in one sentence.
pub fn verdict(report: &Report) -> String {
    let totals = &report.totals;
    let CarryCounts { carried, present, .. } = carry(totals);
    match report.mode {
        _ if report.outcome == Outcome::Interrupted => so_far(report),
        _ if report.tables.is_empty() => "There are no older state tables, so there is nothing to carry.".to_owned(),
        _ if carried + totals.left() == 0 => match present {
            0 => "The older state tables are empty, so there is nothing to carry.".to_owned(),
            1 => "The only row is in the released table already.".to_owned(),
            _ => format!("All {} are in the released tables already.", count(present, "row")),
        },
        Mode::CarryDryRun => format!("A carry would take over {}{}.", of_all(totals), but(totals)),
        _ => format!("Carried {}{}.", of_all(totals), but(totals)),
    }
}

/// The undo of a carry in one sentence.
pub fn taken_out(report: &Report, interrupted: bool) -> String {
    let totals = &report.totals;
    let (out, left) = (totals.rewritten, totals.left());
    let of_run = report.undoes.as_ref().map(|run| format!(" of run {run}")).unwrap_or_default();
    match (out, left) {
        _ if interrupted => {
            format!("Interrupted: {} taken out again so far, and this is committed.", count(out, "row"))
        }
        (0, 0) => format!("There was nothing to take out{of_run}."),
        (1, 0) => format!("Took the only row{of_run} out again."),
        (_, 0) => format!("Took all {}{of_run} out again.", count(out, "row")),
        _ => {
            let all = count(out + left, "row");
            format!("Took {} of {all}{of_run} out again; {}.", HumanCount(out), why_left(totals))
        }
    }
}

/// What was done, or would be, beyond the verdict.
pub fn closing(report: &Report) -> Vec<String> {
    let mut said = Vec::new();
    if report.mode == Mode::CarryDryRun {
        said.push("Nothing has been changed.".to_owned());
    } else if carry(&report.totals).carried > 0 {
        said.push("The older tables are as they were.".to_owned());
    }
    if report.totals.left() > 0 {
        let verb = if report.mode == Mode::CarryDryRun { "would be" } else { "were" };
        said.push(format!("The rows that {verb} left stand first in the lists."));
    }
    said.extend(left_by_rules(report));
    said
}

/// What to run next, where there is something to do.
pub fn next(report: &Report) -> Option<Next> {
    let carried = carry(&report.totals).carried;
    match (report.mode, report.outcome) {
        (Mode::CarryDryRun, Outcome::Interrupted) => {
            Some(Next { purpose: "To start again:", command: "carry --dry-run".to_owned() })
        }
        (_, Outcome::Interrupted) => Some(Next { purpose: "To go on:", command: "carry".to_owned() }),
        (Mode::CarryDryRun, _) if carried > 0 => {
            let purpose = "To carry what can be carried (shows the plan and asks first):";
            Some(Next { purpose, command: "carry".to_owned() })
        }
        (Mode::Carry, _) => {
            let run = report.run_id.as_deref().filter(|_| carried > 0)?;
            Some(Next { purpose: "To take the rows out again:", command: format!("undo {run}") })
        }
        _ => None,
    }
}

/// What went over of one table, or would, and what did not, in numbers.
pub fn fates(mode: Mode, table: &TableReport) -> String {
    let counts = &table.counts;
    let CarryCounts { carried, present, .. } = carry(counts);
    let words = if mode.only_reads() { ["to be carried", "to be mended"] } else { ["carried", "mended"] };
    let mended = (counts.rewritten > 0).then(|| format!(", {} of them {}", HumanCount(counts.rewritten), words[1]));
    let carried = (carried > 0).then(|| format!("{} {}{}", HumanCount(carried), words[0], mended.unwrap_or_default()));
    let present = (present > 0).then(|| format!("{} there already", HumanCount(present)));
    let left = (counts.left() > 0).then(|| format!("left: {}", reasons(counts)));
    let told: Vec<String> = carried.into_iter().chain(present).chain(left).collect();
    if told.is_empty() { "nothing to carry".to_owned() } else { told.join("; ") }
}

/// What the numbers of a carry are: what went over, or would, what needed not, and what was left.
pub const fn columns(mode: Mode) -> [&'static str; 6] {
    let [carried, mended, left] = if mode.only_reads() {
        ["to be carried", "of those to be mended", "to be left"]
    } else {
        ["carried", "of those mended", "left"]
    };
    [carried, mended, "there already", left, "of those names taken", "of those orphans"]
}

/// The numbers themselves, of one table or of all.
pub fn numbers(counts: &Counts) -> [u64; 6] {
    let CarryCounts { carried, present, already_there, orphans } = carry(counts);
    [carried, counts.rewritten, present, counts.left(), already_there, orphans]
}

fn carry(counts: &Counts) -> CarryCounts {
    counts.carry.unwrap_or_default()
}

fn so_far(report: &Report) -> String {
    let rows = count(carry(&report.totals).carried, "row");
    match report.mode {
        Mode::CarryDryRun => format!("Interrupted; a carry would take over {rows} of those seen so far."),
        _ => format!("Interrupted: {rows} carried so far, and this is committed."),
    }
}

/// `all 12 rows`, `9 of 12 rows`; rows that were there before do not count.
fn of_all(totals: &Counts) -> String {
    let (carried, left) = (carry(totals).carried, totals.left());
    match (carried, left) {
        (1, 0) => "the only row".to_owned(),
        (_, 0) => format!("all {}", count(carried, "row")),
        _ => format!("{} of {}", HumanCount(carried), count(carried + left, "row")),
    }
}

/// What was mended on the way, and what was left.
fn but(totals: &Counts) -> String {
    let mended = match totals.rewritten {
        0 => String::new(),
        rows => format!(", {} of them mended", HumanCount(rows)),
    };
    let left = if totals.left() > 0 { format!("; left: {}", reasons(totals)) } else { String::new() };
    mended + &left
}

/// Why rows were left, in numbers: `6 whose names are taken and 1 without a DAG run or asset`.
pub fn reasons(counts: &Counts) -> String {
    let CarryCounts { already_there, orphans, .. } = carry(counts);
    let others = counts.left().saturating_sub(already_there + orphans);
    if others == counts.left() {
        return HumanCount(others).to_string();
    }
    let reasons = [
        (already_there, either(already_there, "whose name is taken", "whose names are taken")),
        (orphans, "without a DAG run or asset"),
        (others, either(others, "for another reason", "for other reasons")),
    ];
    let reasons = reasons.into_iter().filter(|(rows, _)| *rows > 0);
    list(&reasons.map(|(rows, why)| format!("{} {why}", HumanCount(rows))).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests;
