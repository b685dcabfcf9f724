//! What the human report says in whole sentences: pure functions of the report.

use indicatif::HumanCount;

use crate::report::carried;
use crate::report::check::{CheckReport, Comparison, PassKind};
use crate::report::escape::sanitise;
use crate::report::model::{Counts, Mode, Outcome, Report};
use crate::report::wording::{count, either, list};

mod promise;

/// A command to run next, and what for.
pub struct Next {
    pub purpose: &'static str,
    /// Without the program's name and the target.
    pub command: String,
}

impl Next {
    /// The whole command, fit to be shown. `target` is what the user would type again to name the database.
    pub fn line(&self, target: &str) -> String {
        let line = format!("statemend {} {}", self.command, sanitise(target));
        line.trim_end().to_owned()
    }
}

/// How good the news is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Mixed,
    Bad,
}

impl Tone {
    pub fn of(report: &Report) -> Self {
        match report.outcome {
            Outcome::Findings if report.totals.errors > 0 => Self::Bad,
            Outcome::Findings | Outcome::Partial | Outcome::Interrupted => Self::Mixed,
            Outcome::Clean if report.totals.flagged > 0 => Self::Mixed,
            _ if report.unreadable_by_rule() > 0 => Self::Mixed,
            Outcome::Clean | Outcome::Repaired | Outcome::Carried | Outcome::Undone => Self::Good,
        }
    }
}

/// What the rows are that a report lists. An undo lists those that it left.
pub const fn listed(mode: Mode) -> &'static str {
    match mode {
        Mode::Undo => "Rows left",
        _ => "Findings",
    }
}

/// The report in one sentence; in two that of a check, and that of a repair whose rules leave unreadable rows.
pub fn verdict(report: &Report) -> String {
    let news = news(report).map(|news| format!(" {news}"));
    judgement(report) + &news.unwrap_or_default()
}

/// The same without what is new to a check.
pub fn judgement(report: &Report) -> String {
    let interrupted = report.outcome == Outcome::Interrupted;
    match report.mode {
        Mode::Scan | Mode::DryRun | Mode::Check if interrupted => so_far(report),
        Mode::Scan | Mode::DryRun => found(report),
        Mode::Check => checked(report),
        Mode::Repair if interrupted => {
            format!("Interrupted: {} mended so far, and this is committed.", count(report.totals.rewritten, "row"))
        }
        Mode::Repair => mended(report),
        Mode::Carry | Mode::CarryDryRun => carried::verdict(report),
        Mode::Undo => put_back(report, interrupted),
    }
}

/// Who reads, where that is released Airflow alone. Rows that are carried are judged as it will read them.
pub fn by(report: &Report) -> &'static str {
    let others = !report.mode.carries() && report.older_tables().next().is_some();
    if others || has_own_tables(report) { "" } else { " by Airflow" }
}

fn readers(report: &Report) -> &'static str {
    if by(report).is_empty() { "Their readers" } else { "Airflow" }
}

fn has_own_tables(report: &Report) -> bool {
    report.tables.iter().any(|table| table.reader.is_some())
}

fn found(report: &Report) -> String {
    let (totals, by) = (&report.totals, by(report));
    let rows = totals.rows_scanned;
    if totals.errors > 0 {
        let of = either(rows, "row", "rows");
        let rows = HumanCount(rows);
        return format!("{} of {rows} {of} cannot be read{by}{}.", HumanCount(totals.errors), because(totals));
    }
    match totals.warnings + totals.notices {
        _ if rows == 0 => "There are no rows to read.".to_owned(),
        0 => format!("{} can read {}.", readers(report), all(rows)),
        noted => format!(
            "{} can read {}; {} {} a look.",
            readers(report),
            all(rows),
            HumanCount(noted),
            either(noted, "is worth", "are worth")
        ),
    }
}

/// What a check found.
fn checked(report: &Report) -> String {
    let Some(check) = &report.check else { return found(report) };
    let totals = &report.totals;
    match (check.pass, totals.rows_scanned) {
        (PassKind::Full, _) => found(report),
        (PassKind::Incremental, 0) => "No row has been written since the last check.".to_owned(),
        (PassKind::Incremental, _) if totals.errors > 0 => {
            format!("{} cannot be read{}{}.", count(totals.errors, "row"), by(report), because(totals))
        }
        (PassKind::Incremental, rows) => {
            format!("{} can read {} that {} looked at.", readers(report), all(rows), either(rows, "was", "were"))
        }
    }
}

/// How much of what a check found is new.
pub fn news(report: &Report) -> Option<String> {
    report.check.as_ref().filter(|_| report.outcome != Outcome::Interrupted).map(since)
}

fn since(check: &CheckReport) -> String {
    if check.is_first() {
        return "This is the first check; the next one tells what is new.".to_owned();
    }
    let Comparison { new, new_errors, gone, at_least, .. } = check.rows;
    let new = match (new, at_least) {
        (0, false) => "Nothing is new since the last check".to_owned(),
        (0, true) => "The numbers tell of nothing new since the last check".to_owned(),
        _ => {
            let least = if at_least { "At least " } else { "" };
            let unreadable = match new_errors {
                _ if new_errors == new || at_least => String::new(),
                0 => ", all of them readable".to_owned(),
                some => format!(", {} of them unreadable", HumanCount(some)),
            };
            let findings = count(new, "finding");
            format!("{least}{findings} {} new since the last check{unreadable}", either(new, "is", "are"))
        }
    };
    let gone = match gone {
        0 => String::new(),
        gone => format!(
            "; {}{} {} gone",
            if at_least { "at least " } else { "" },
            HumanCount(gone),
            either(gone, "is", "are")
        ),
    };
    format!("{new}{gone}.")
}

fn so_far(report: &Report) -> String {
    let totals = &report.totals;
    let found = match totals.errors {
        0 => "none of them unreadable so far".to_owned(),
        errors => format!("{} of them cannot be read{}", HumanCount(errors), by(report)),
    };
    format!("Interrupted after {}; {found}.", count(totals.rows_scanned, "row"))
}

fn all(rows: u64) -> String {
    if rows == 1 { "the only row".to_owned() } else { format!("all {}", count(rows, "row")) }
}

fn because(totals: &Counts) -> String {
    match totals.unreadable_lists {
        0 => String::new(),
        lists => {
            let them = either(totals.errors, "it", "them");
            format!("; {} {} unreadable because of {them}", count_lists(totals, lists), either(lists, "is", "are"))
        }
    }
}

fn count_lists(totals: &Counts, lists: u64) -> String {
    let about = if totals.unreadable_lists_estimated { "about " } else { "" };
    format!("{about}{}", count(lists, "list"))
}

fn mended(report: &Report) -> String {
    let totals = &report.totals;
    let (rewritten, left) = (totals.rewritten, totals.left());
    let kept = left_by_rules(report);
    // Where the rules leave unreadable rows, those that they mend are not all that needed it; and rows that read well
    // needed nothing.
    let by_rules = kept.is_some() || totals.readable.all() > 0;
    let needed = if by_rules { "that the rules cover" } else { "that needed it" };
    let mended = match (rewritten, left) {
        (0, 0) if kept.is_some() => {
            format!("The rules mend none of {}{}.", count(totals.rows_scanned, "row"), readable_again(report))
        }
        (0, 0) => format!("Nothing to mend in {}.", count(totals.rows_scanned, "row")),
        (_, 0) => {
            let rows = if rewritten == 1 { "the row".to_owned() } else { format!("all {}", count(rewritten, "row")) };
            format!("Mended {rows} {needed}{}.", readable_again(report))
        }
        _ => {
            let rows = count(rewritten + left, "row");
            let (why, again) = (why_left(totals), readable_again(report));
            format!("Mended {} of {rows} {needed}; {why}{again}.", HumanCount(rewritten))
        }
    };
    mended + &kept.map(|kept| format!(" {kept}")).unwrap_or_default()
}

/// That rows cannot be read and are to stay so, where rules say this.
pub(super) fn left_by_rules(report: &Report) -> Option<String> {
    let rows = report.unreadable_by_rule();
    let them = either(rows, "it", "them");
    (rows > 0).then(|| format!("{} cannot be read{}, and the rules leave {them}.", count(rows, "row"), by(report)))
}

/// What the repair means for lists. Says nothing where earlier sittings of the run have seen lists that this one has not.
fn readable_again(report: &Report) -> String {
    let totals = &report.totals;
    if totals.unreadable_lists == 0 || report.tables.iter().any(|table| table.earlier.is_some()) {
        return String::new();
    }
    match (totals.unreadable_lists.saturating_sub(totals.unreadable_lists_left), totals.unreadable_lists_left) {
        (again, 0) => format!("; {} can be read again", count_lists(totals, again)),
        (_, still) => format!("; {} {} still unreadable", count_lists(totals, still), either(still, "is", "are")),
    }
}

pub(super) fn why_left(totals: &Counts) -> String {
    let mut why = Vec::new();
    if totals.skipped > 0 {
        why.push(format!("{} skipped", count(totals.skipped, "row")));
    }
    if totals.drifted > 0 {
        why.push(format!("{} drifted", count(totals.drifted, "row")));
    }
    list(&why)
}

fn put_back(report: &Report, interrupted: bool) -> String {
    let totals = &report.totals;
    let (back, left) = (totals.rewritten, totals.left());
    if report.removes {
        return carried::taken_out(report, interrupted);
    }
    let of_run = report.undoes.as_ref().map(|run| format!(" of run {run}")).unwrap_or_default();
    if interrupted {
        return format!("Interrupted: {} put back so far, and this is committed.", count(back, "row"));
    }
    match (back, left) {
        (0, 0) => format!("There was nothing to put back{of_run}."),
        (1, 0) => format!("Put back the only row{of_run}."),
        (_, 0) => format!("Put back all {}{of_run}.", count(back, "row")),
        _ => format!("Put back {} of {}{of_run}; {}.", HumanCount(back), count(back + left, "row"), why_left(totals)),
    }
}

/// What is said of commands by their names, in turn: text, and a command that stood between backticks, and so on.
pub fn text_and_commands(said: &str) -> impl Iterator<Item = (&str, bool)> {
    said.split('`').zip([false, true].into_iter().cycle())
}

/// What was done, or would be, beyond the verdict. Commands stand between backticks.
pub fn closing(report: &Report) -> Option<String> {
    let totals = &report.totals;
    let mut said = Vec::new();
    match report.mode {
        Mode::Scan | Mode::DryRun | Mode::Check => {
            if report.mode == Mode::DryRun {
                said.push("Nothing has been changed.".to_owned());
            }
            if report.mode == Mode::Check && report.outcome == Outcome::Interrupted {
                said.push("The next check compares with the last one that came to its end.".to_owned());
            }
            said.extend(promise::would(report));
            said.extend(of_older_tables(report));
        }
        Mode::Repair => {
            if let (Some(run), 1..) = (&report.run_id, totals.rewritten) {
                said.push(format!("The values from before are in the journal, as run {run}."));
            }
            if totals.left() > 0 {
                said.push("The rows that were left stand first in the lists.".to_owned());
            }
            said.extend(of_older_tables(report));
        }
        Mode::Carry | Mode::CarryDryRun => said.extend(carried::closing(report)),
        Mode::Undo if totals.drifted > 0 => {
            said.push("What has been written since the run was not touched.".to_owned());
        }
        Mode::Undo => {}
    }
    (!said.is_empty()).then(|| said.join(" "))
}

/// That nobody reads some of the tables any more, as soon as Airflow is a released one.
fn of_older_tables(report: &Report) -> Option<String> {
    let tables: Vec<String> = report.older_tables().map(|table| table.table.clone()).collect();
    let many = tables.len() as u64;
    let (are, them) = (either(many, "is", "are"), either(many, "it", "them"));
    (many > 0).then(|| {
        format!(
            "{} {are} of a development build, and released builds of Airflow do not read {them}: `statemend carry` \
             copies the rows into the tables that they read.",
            list(&tables)
        )
    })
}

/// Whether all rows that a repair would mend are in tables that released builds of Airflow do not read. A carry mends
/// them on the way.
fn only_older_tables_need_it(report: &Report) -> bool {
    let of_older: u64 = report.older_tables().map(|table| table.counts.rewritten).sum();
    of_older > 0 && of_older == report.totals.rewritten
}

/// What to run next, where there is something to do.
pub fn next(report: &Report) -> Option<Next> {
    let next = |purpose, command: &str| Some(Next { purpose, command: command.to_owned() });
    match (report.mode, report.outcome) {
        (Mode::Scan, Outcome::Interrupted) => next("To start again:", "scan"),
        (Mode::Check, Outcome::Interrupted) => next("To start again:", "check"),
        (Mode::DryRun, Outcome::Interrupted) => next("To start again:", "repair --dry-run"),
        (Mode::Repair, Outcome::Interrupted) => next("To go on:", "repair"),
        (Mode::Scan | Mode::Check | Mode::DryRun, _) if only_older_tables_need_it(report) => {
            next("To copy the rows to where Airflow reads them (shows the plan and asks first):", "carry")
        }
        (Mode::Scan | Mode::Check | Mode::DryRun, _) if report.totals.rewritten > 0 => {
            next("To mend what can be mended (shows the plan and asks first):", "repair")
        }
        (Mode::Carry | Mode::CarryDryRun, _) => carried::next(report),
        (Mode::Repair, Outcome::Repaired | Outcome::Partial) => {
            let run = report.run_id.as_deref().filter(|_| report.totals.rewritten > 0)?;
            next("To put the old values back:", &format!("undo {run}"))
        }
        (Mode::Undo, Outcome::Interrupted) => next("To go on:", &format!("undo {}", report.undoes.as_deref()?)),
        // What reads tables of the user's own stands in a file that an undo does not need.
        (Mode::Undo, _) if has_own_tables(report) => None,
        (Mode::Undo, _) => next("To see what Airflow cannot read now:", "scan"),
        _ => None,
    }
}
