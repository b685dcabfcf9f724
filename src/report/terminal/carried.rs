//! What the human report says of a carry: of rows that went from older tables into the released ones.

use indicatif::HumanCount;

use super::sentences::{Next, why_left};
use crate::report::model::{CarryCounts, Counts, Mode, Outcome, Report, TableReport};
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
        Mode::CarryDryRun => format!("A carry would take over {}{}.", of_all(totals), and_the_rest(totals, "would be")),
        _ => format!("Carried {}{}.", of_all(totals), and_the_rest(totals, either(mended(totals), "was", "were"))),
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
    said
}

/// What to run next, where there is something to do.
pub fn next(report: &Report) -> Option<Next> {
    let carried = carry(&report.totals).carried;
    match (report.mode, report.outcome) {
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

/// What went over of one table, and what did not, in numbers.
pub fn fates(mode: Mode, table: &TableReport) -> String {
    let counts = &table.counts;
    let CarryCounts { carried, present, already_there, orphans } = carry(counts);
    let others = counts.left().saturating_sub(already_there + orphans);
    let of_these = format!("of these {}", if mode.only_reads() { "to be mended" } else { "mended" });
    let numbers = [
        (carried, if mode.only_reads() { "to be carried" } else { "carried" }),
        (mended(counts), of_these.as_str()),
        (present, "carried before"),
        (already_there, "left for another row of their name"),
        (orphans, "left without a DAG run or asset"),
        (others, "left for their values"),
    ];
    let numbers = numbers.into_iter().filter(|(rows, _)| *rows > 0);
    let told: Vec<_> = numbers.map(|(rows, word)| format!("{} {word}", HumanCount(rows))).collect();
    if told.is_empty() { "nothing to carry".to_owned() } else { list(&told) }
}

fn carry(counts: &Counts) -> CarryCounts {
    counts.carry.unwrap_or_default()
}

/// Rows that were carried with another value than they had.
const fn mended(counts: &Counts) -> u64 {
    counts.rewritten
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

fn and_the_rest(totals: &Counts, was: &str) -> String {
    let CarryCounts { already_there, orphans, .. } = carry(totals);
    let others = totals.left().saturating_sub(already_there + orphans);
    let reasons = [
        (already_there, either(already_there, "has its place taken", "have their places taken")),
        (orphans, either(orphans, "has no DAG run or asset", "have no DAG run or asset")),
        (others, either(others, "stays for its value", "stay for their values")),
    ];
    let reasons = reasons.into_iter().filter(|(rows, _)| *rows > 0);
    let mended = (mended(totals) > 0).then(|| format!("{} {was} mended on the way", HumanCount(mended(totals))));
    let told: Vec<_> =
        mended.into_iter().chain(reasons.map(|(rows, why)| format!("{} {why}", HumanCount(rows)))).collect();
    if told.is_empty() { String::new() } else { format!("; {}", list(&told)) }
}
