//! Assets by name. Rows of their state know only ids; whoever holds the database may look the names up before the report
//! is written.

use std::collections::{BTreeMap, BTreeSet};

use super::columns::Columns;
use super::model::Report;
use crate::domain::target::Scalar;

/// How many assets a report names at most. A report that tells of more shows the ids of the others.
const MOST: usize = 1_000;

/// Names of assets by id, as far as they are known.
pub type AssetNames = BTreeMap<i64, String>;

/// The assets that a report tells of: those with most rows, and those of the rows that it lists.
pub fn told_of(report: &Report) -> Vec<i64> {
    let sources = report.circumstances.iter().filter_map(|circumstances| circumstances.sources.get("assets"));
    let most = sources.flat_map(|assets| &assets.most).filter_map(|source| source.name.get("asset_id")?.as_i64());
    let last = report.circumstances.iter().filter_map(|circumstances| circumstances.written.as_ref());
    let last = last.filter_map(|written| id(&written.last_row.identity));
    let listed = report.findings.iter().filter_map(|finding| id(finding.identity.as_ref()?));
    let mut told_of = BTreeSet::new();
    for id in most.chain(last).chain(listed) {
        if told_of.len() < MOST {
            told_of.insert(id);
        }
    }
    told_of.into_iter().collect()
}

/// Which asset a row's identity says.
pub fn id(identity: &Columns) -> Option<i64> {
    identity.get("asset_id").and_then(Scalar::as_integer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::finding::Kind;
    use crate::engine::Ending;
    use crate::engine::events::Outcome;
    use crate::report::collect::Preface;
    use crate::report::model::Mode;
    use crate::report::sample::{asset, assets, flagged, fold, human, json, preface, scan, written};
    use crate::report::shortlist::Most;
    use crate::report::{html, markdown};

    #[test]
    fn a_report_tells_of_the_assets_of_its_rows_and_of_those_with_most_rows() {
        assert_eq!(told_of(&scan()), [7]);
        let few = Preface { most: Most::of(2), ..preface(Mode::Scan) };
        let report = fold(few, Ending::Complete, |events| {
            for id in 1..=3_000 {
                flagged(events, assets(), asset(id, "a", Kind::RawText, Outcome::Rewritten));
            }
            flagged(events, assets(), asset(2_999, "b", Kind::RawText, Outcome::Rewritten));
        });
        let told_of = told_of(&report);
        assert!(told_of.contains(&1) && told_of.contains(&2_999) && told_of.len() < 50, "{told_of:?}");
    }

    #[test]
    fn names_of_assets_stand_beside_their_ids_and_do_nothing() {
        let mut report = scan();
        report.assets =
            AssetNames::from([(7, "<b>`ord|ers`</b>\u{1b}[31m\u{202e}".to_owned()), (8, "other".to_owned())]);
        let told = human(&report, 100);
        assert!(told.contains(r"asset 7 (<b>`ord|ers`</b>\x1b[31m\u202e) · blob"), "{told}");
        assert!(told.contains(r"assets   7: <b>`ord|ers`</b>\x1b[31m\u202e (2)"), "{told}");
        let page = written(|out| html::write(out, &report, ""));
        assert!(!page.contains("<b>") && page.contains("asset 7 (&#60;b&#62;"), "names are escaped");
        let ticket = written(|out| markdown::write(out, &report, ""));
        assert!(ticket.contains("- assets: ``7: <b>`ord|ers`</b>"), "{ticket}");
        assert!(json(&report).contains("\"8\": \"other\""));
    }
}
