//! How a check compares with the one before, in words: pure functions of the report.

use indicatif::HumanCount;

use super::{CheckReport, Comparison, PassKind, TableCheck};
use crate::report::model::Report;
use crate::report::wording::{either, list, moment};

/// What it is compared with; nothing where there was no check before.
pub fn headline(check: &CheckReport) -> Option<String> {
    check.previous_at.as_ref().map(|previous| format!("Compared with the check of {}", moment(previous)))
}

/// Which rows were read, where that was not all of them.
pub fn which_rows(report: &Report) -> Option<String> {
    let some = || report.tables.iter().filter_map(|table| table.check.as_ref()).filter(|check| check.since.is_some());
    let since = some().filter_map(|check| check.since.as_deref()).min()?;
    let full_at = some().map(|check| check.full_at.as_str()).min()?;
    let (since, full_at) = (moment(since), moment(full_at));
    Some(format!(
        "Only rows written since {since}, and those found before, were read; the last check that read all began at \
         {full_at}."
    ))
}

/// How a table compares with the last check. Nothing where there is nothing to compare it with: the differences say so.
pub fn compared(check: &CheckReport, table: &TableCheck) -> Option<String> {
    let at = table.previous_at.as_ref()?;
    let facts = in_words(&table.rows);
    let since = check.previous_at.as_ref() != Some(at);
    Some(if since { format!("{facts}, since {}", moment(at)) } else { facts })
}

/// Which rows a check has read.
pub const fn read(pass: PassKind) -> &'static str {
    match pass {
        PassKind::Full => "all",
        PassKind::Incremental => "some",
    }
}

fn in_words(rows: &Comparison) -> String {
    let Comparison { new, changed, still, gone, gone_readable, gone_deleted, at_least, .. } = *rows;
    if at_least {
        let least = |rows, word| {
            if rows == 0 { format!("nothing {word}") } else { format!("at least {} {word}", HumanCount(rows)) }
        };
        let (new, gone) = (least(new, "new"), least(gone, "gone"));
        return format!("by the numbers {new} and {gone}; the last check had found too many to remember each");
    }
    let mut facts = vec![match (new, changed) {
        (0, _) => "nothing new".to_owned(),
        (_, 0) => format!("{} new", HumanCount(new)),
        _ => format!("{} new ({} in place of another bad value)", HumanCount(new), HumanCount(changed)),
    }];
    if still > 0 {
        facts.push(format!("{} still there", HumanCount(still)));
    }
    let mut ways = Vec::new();
    if gone_readable > 0 {
        ways.push(format!("{} {} well now", HumanCount(gone_readable), either(gone_readable, "reads", "read")));
    }
    if gone_deleted > 0 {
        ways.push(format!("{} deleted or expired", HumanCount(gone_deleted)));
    }
    if gone > 0 {
        facts.push(format!("{} gone ({})", HumanCount(gone), list(&ways)));
    }
    list(&facts)
}
