//! What a repair would do, as a report says that only looks.

use std::collections::BTreeMap;

use indicatif::HumanCount;

use super::left_by_rules;
use crate::domain::finding::{Action, Kind};
use crate::report::model::{Mode, Report};
use crate::report::wording::{count, either, list};

/// What a repair would rewrite and what it would leave, in a sentence each.
pub fn would(report: &Report) -> Vec<String> {
    let totals = &report.totals;
    let mut said = Vec::new();
    if totals.rewritten > 0 {
        let (rows, values) = (count(totals.rewritten, "row"), either(totals.rewritten, "value", "values"));
        let how = match rewrites(report)[..] {
            [(action, rows)] => rewritten_as(action, rows).to_owned(),
            ref actions => {
                let each = actions
                    .iter()
                    .map(|&(action, rows)| format!("{} {}", HumanCount(rows), rewritten_as(action, rows)));
                format!("({})", list(&each.collect::<Vec<_>>()))
            }
        };
        said.push(format!("A repair would rewrite {rows} {how}, and keep the old {values} in its journal."));
    }
    if totals.skipped > 0 {
        let (rows, them) = (count(totals.skipped, "row"), either(totals.skipped, "it", "them"));
        let it = if said.is_empty() { "A repair" } else { "It" };
        said.push(format!("{it} cannot mend {rows} and would leave {them}."));
    }
    said.extend(left_by_rules(report));
    said.extend(more_than_strings(report));
    said
}

/// That some rows would become strings for want of a rule, and may stand for something else. To whom nobody has told what
/// is to be done, this is news; a check comes every night.
fn more_than_strings(report: &Report) -> Option<String> {
    let may_be_more = |kind: &&Kind| matches!(kind, Kind::PythonLiteral | Kind::BareReference | Kind::Encoded);
    let outcomes = report.totals.outcomes.iter().filter(|(kind, _)| may_be_more(kind));
    let rows: u64 = outcomes.map(|(_, fates)| fates.rewritten).sum();
    let is_news = report.rules.is_empty() && report.mode != Mode::Check && rows > 0;
    is_news.then(|| {
        format!(
            "{} that would become {} may stand for more, such as a reference or a dict: `statemend rules suggest` shows \
             what else can be done.",
            count(rows, "row"),
            either(rows, "a string", "strings")
        )
    })
}

/// How many rows a repair would rewrite by each action. Without rules, and where they leave it to the kind, all of them
/// become strings: no kind has another default that rewrites.
fn rewrites(report: &Report) -> Vec<(Action, u64)> {
    let mut actions = BTreeMap::new();
    for rule in &report.rules {
        *actions.entry(rule.action.unwrap_or(Action::String)).or_default() += rule.rows.rewritten;
    }
    if report.rules.is_empty() {
        actions.insert(Action::String, report.totals.rewritten);
    }
    actions.into_iter().filter(|(_, rows)| *rows > 0).collect()
}

/// Fit to stand behind "would rewrite 3 rows".
const fn rewritten_as(action: Action, rows: u64) -> &'static str {
    match action {
        Action::String => either(rows, "as a JSON string of its own text", "as JSON strings of their own text"),
        Action::Reference => either(rows, "as a reference in the released form", "as references in the released form"),
        Action::Decode => either(rows, "as the JSON that it stands for", "as the JSON that they stand for"),
        Action::Null => "as null",
        Action::Replace => "with only the offending bytes replaced",
        // They rewrite nothing.
        Action::Skip | Action::None => "as before",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::repair::Reason;
    use crate::domain::rules::{Conditions, Name, Rule, RuleRef, Rules};
    use crate::engine::Ending;
    use crate::engine::events::{Flagged, Outcome};
    use crate::report::collect::Preface;
    use crate::report::sample::{flagged, fold, preface, tasks};

    /// What is said of rows that a rule for each action has taken, and of rows that none has.
    fn said(actions: &[Action], rows: &[(RuleRef, u64)]) -> String {
        let rule = |action: &Action| Rule::new(Name::Number(1), Conditions::default(), *action).expect("a rule");
        let rules = Rules { rules: actions.iter().map(rule).collect(), default: None };
        let report = fold(Preface { rules, ..preface(Mode::DryRun) }, Ending::Complete, |events| {
            for (rule, rows) in rows {
                for id in 0..*rows {
                    let row = crate::report::sample::task(id.cast_signed(), Kind::RawText, Outcome::Rewritten);
                    flagged(events, tasks(), Flagged { rule: Some(*rule), ..row });
                }
            }
        });
        would(&report).join(" ")
    }

    #[test]
    fn a_repair_promises_what_its_rules_say() {
        use Action::{Decode, Null, Reference, Replace, String};
        let rule = RuleRef::Rule;
        let whole = |how: &str| format!("A repair would rewrite {how} in its journal.");
        let cases: [(&[Action], &[(RuleRef, u64)], &str); 6] = [
            (&[], &[(RuleRef::Default, 1)], "1 row as a JSON string of its own text, and keep the old value"),
            (&[], &[(RuleRef::Default, 2)], "2 rows as JSON strings of their own text, and keep the old values"),
            (&[Null], &[(rule(0), 2)], "2 rows as null, and keep the old values"),
            (&[Reference], &[(rule(0), 1)], "1 row as a reference in the released form, and keep the old value"),
            (
                &[String, Decode],
                &[(rule(0), 2), (rule(1), 1), (RuleRef::Default, 3)],
                "6 rows (5 as JSON strings of their own text and 1 as the JSON that it stands for), and keep the old values",
            ),
            (
                &[Null, Replace],
                &[(rule(1), 3)],
                "3 rows with only the offending bytes replaced, and keep the old values",
            ),
        ];
        for (actions, rows, how) in cases {
            assert_eq!(said(actions, rows), whole(how), "{actions:?} of {rows:?}");
        }
    }

    #[test]
    fn what_cannot_be_mended_is_said_and_what_need_not_be_is_not() {
        let report = fold(preface(Mode::Scan), Ending::Complete, |events| {
            let left = Outcome::Skipped(Reason::NotText);
            flagged(events, tasks(), crate::report::sample::task(1, Kind::NotText, left));
            flagged(events, tasks(), crate::report::sample::task(2, Kind::NonFinite, Outcome::Reported));
        });
        assert_eq!(would(&report), ["A repair cannot mend 1 row and would leave it."]);
    }
}
