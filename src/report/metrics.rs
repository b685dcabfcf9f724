//! A check as metrics for Prometheus: text that is OpenMetrics and that the older text format's readers take, too, since
//! all there is are gauges.
//!
//! Every series is always there, zeros included, so that an alert does not depend on something having been found once.

use std::fmt;
use std::time::{Duration, SystemTime};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::check::{Comparison, PassKind};
use super::model::{Report, TableReport};
use crate::domain::finding::Kind;

const SUCCESS: (&str, &str) =
    ("success", "Whether the last check came to its end; 0 where it failed or was interrupted");
const LAST_RUN: (&str, &str) = ("last_run_timestamp_seconds", "When the last check ended, be it with a failure");

/// The metrics of a check that came to its end. `database` tells databases on one machine apart.
pub fn of(report: &Report, database: &str) -> String {
    let mut metrics = vec![Gauge::one(SUCCESS, Value::Count(1))];
    let [started, finished] = [&report.started_at, &report.finished_at].map(|time| since_1970(time));
    metrics.push(Gauge::one(LAST_RUN, seconds(finished)));
    let last = ("last_success_timestamp_seconds", "When the last check ended that came to its end");
    metrics.push(Gauge::one(last, seconds(finished)));
    metrics.push(Gauge::one(
        ("duration_seconds", "How long the last check took"),
        seconds(finished.saturating_sub(started)),
    ));
    let is_full = report.check.as_ref().is_some_and(|check| check.pass == PassKind::Full);
    metrics.push(Gauge::one(("full", "Whether the last check read all rows"), Value::Count(is_full.into())));
    metrics.push(findings(report));
    let rows = ("rows_scanned", "Rows that the last check read");
    metrics.push(Gauge::by_table(rows, report, |table| table.counts.rows_scanned));
    let lists = ("unreadable_lists", "Task instances or assets whose list fails because of a row in it");
    metrics.push(Gauge::by_table(lists, report, |table| table.counts.unreadable_lists));
    metrics.extend(compared(report));
    text(metrics, Some(database))
}

/// The metrics after a check that failed, or was interrupted, at a moment (RFC 3339): what the last ones say stays, and
/// that this one failed is added. Without last ones, that is all. The database may be unknown, if that is what failed.
pub fn after_failure(last: &str, database: Option<&str>, at: &str) -> String {
    let now = text(vec![Gauge::one(SUCCESS, Value::Count(0)), Gauge::one(LAST_RUN, seconds(since_1970(at)))], database);
    let samples: Vec<(&str, &str)> = now.lines().filter_map(sample).collect();
    let same = |series: &str, other: &str| match database {
        Some(_) => series == other,
        None => name(series) == name(other),
    };
    let mut replaced = 0;
    let lines = last.lines().map(|line| {
        let known = sample(line).and_then(|(series, _)| {
            let (_, value) = samples.iter().find(|(other, _)| same(series, other))?;
            Some(format!("{series} {value}\n"))
        });
        replaced += usize::from(known.is_some());
        known.unwrap_or_else(|| format!("{line}\n"))
    });
    let lines: String = lines.collect();
    if replaced == samples.len() { lines } else { now }
}

/// A series and its value, where a line is one.
fn sample(line: &str) -> Option<(&str, &str)> {
    line.rsplit_once(' ').filter(|_| !line.starts_with('#'))
}

fn name(series: &str) -> &str {
    series.split('{').next().unwrap_or(series)
}

fn findings(report: &Report) -> Gauge {
    let mut gauge = Gauge::new(("findings", "Rows that the last check flagged"));
    for table in &report.tables {
        let reader = table.reader.unwrap_or_default();
        for kind in Kind::ALL.iter().filter(|kind| reader.meets(**kind)) {
            let rows = table.counts.findings.get(kind).copied().unwrap_or_default();
            let severity = table.severity(*kind).name().to_owned();
            let labels = [("table", table.table.clone()), ("kind", kind.name().to_owned()), ("severity", severity)];
            gauge.series.push((labels.to_vec(), Value::Count(rows)));
        }
    }
    gauge
}

/// How the check compares with the one before.
fn compared(report: &Report) -> Vec<Gauge> {
    type Count = fn(&Comparison) -> u64;
    let counts: [((&str, &str), Count); 6] = [
        (("new_rows", "Flagged rows that the check before did not flag, or with another value"), |rows| rows.new),
        (("new_error_rows", "Those of the new rows that some reader fails on"), |rows| rows.new_errors),
        (("changed_rows", "Those of the new rows that were flagged before, with another value"), |rows| rows.changed),
        (("still_rows", "Flagged rows that the check before flagged with the same value"), |rows| rows.still),
        (("gone_rows", "Rows that the check before flagged and the last one did not"), |rows| rows.gone),
        (("baseline_rows", "Flagged rows of tables that no check had looked at before"), |rows| rows.baseline),
    ];
    let rows = |table: &TableReport, count: Count| table.check.as_ref().map_or(0, |check| count(&check.rows));
    counts.into_iter().map(|(name, count)| Gauge::by_table(name, report, |table| rows(table, count))).collect()
}

/// How long after 1970 began a moment is.
fn since_1970(rfc_3339: &str) -> Duration {
    let time = humantime::parse_rfc3339(rfc_3339).unwrap_or(SystemTime::UNIX_EPOCH);
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

const fn seconds(duration: Duration) -> Value {
    Value::Seconds(duration.as_secs_f64())
}

fn text(metrics: Vec<Gauge>, database: Option<&str>) -> String {
    let database = database.map(|database| ("database".into(), database.to_owned().into()));
    let mut registry = Registry::with_prefix_and_labels("statemend_check", database.into_iter());
    registry.register_collector(Box::new(Gauges(metrics)));
    let mut text = String::new();
    text::encode(&mut text, &registry).expect("writing to memory does not fail");
    text
}

/// A metric with its series.
#[derive(Debug)]
struct Gauge {
    name: &'static str,
    help: &'static str,
    series: Vec<(Vec<(&'static str, String)>, Value)>,
}

#[derive(Clone, Copy, Debug)]
enum Value {
    Count(u64),
    Seconds(f64),
}

impl Gauge {
    const fn new((name, help): (&'static str, &'static str)) -> Self {
        Self { name, help, series: Vec::new() }
    }

    fn one(name: (&'static str, &'static str), value: Value) -> Self {
        Self { series: vec![(Vec::new(), value)], ..Self::new(name) }
    }

    fn by_table(name: (&'static str, &'static str), report: &Report, rows: impl Fn(&TableReport) -> u64) -> Self {
        let series =
            report.tables.iter().map(|table| (vec![("table", table.table.clone())], Value::Count(rows(table))));
        Self { series: series.collect(), ..Self::new(name) }
    }
}

#[derive(Debug)]
struct Gauges(Vec<Gauge>);

impl Collector for Gauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for Gauge { name, help, series } in &self.0 {
            let mut metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            for (labels, value) in series {
                let mut metric = metric.encode_family(labels)?;
                match value {
                    Value::Count(count) => metric.encode_gauge(count)?,
                    Value::Seconds(seconds) => metric.encode_gauge(seconds)?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::check::Novelty;
    use crate::engine::events::Outcome;
    use crate::report::sample;

    const DATABASE: &str = "postgresql://db:5432/airflow";
    const NIGHT: &str = "2026-11-23T02:00:01.500Z";

    #[test]
    fn every_series_is_there_with_what_was_found_and_what_was_not() {
        insta::assert_snapshot!(of(&sample::check(), DATABASE));
    }

    #[test]
    fn an_incremental_check_is_told_from_a_full_one() {
        let row = sample::task(2, Kind::RawText, Outcome::Rewritten);
        let report = sample::incremental_check(&[sample::compared(row, Novelty::Still)]);
        assert!(of(&report, DATABASE).contains("statemend_check_full{database=\"postgresql://db:5432/airflow\"} 0\n"));
    }

    #[test]
    fn a_failure_leaves_what_the_last_check_found_and_when() {
        let last = of(&sample::check(), DATABASE);
        let expected = last
            .replace(
                "success{database=\"postgresql://db:5432/airflow\"} 1\n",
                "success{database=\"postgresql://db:5432/airflow\"} 0\n",
            )
            .replacen(
                "_last_run_timestamp_seconds{database=\"postgresql://db:5432/airflow\"} 1795358701.412",
                "_last_run_timestamp_seconds{database=\"postgresql://db:5432/airflow\"} 1795399201.5",
                1,
            );
        for database in [Some(DATABASE), None] {
            let text = after_failure(&last, database, NIGHT);
            assert_eq!(text, expected);
            assert_eq!(after_failure(&text, database, NIGHT), text, "one failure after the other");
        }
    }

    #[test]
    fn a_failure_that_nothing_went_before_says_only_that() {
        let others = of(&sample::check(), "mysql://other:3306/airflow");
        for last in ["", "node_load1 0.5\n", &others] {
            let text = after_failure(last, Some(DATABASE), NIGHT);
            let samples: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
            let database = "{database=\"postgresql://db:5432/airflow\"}";
            let expected = [
                format!("statemend_check_success{database} 0"),
                format!("statemend_check_last_run_timestamp_seconds{database} 1795399201.5"),
            ];
            assert_eq!(samples, expected);
        }
    }

    #[test]
    fn a_name_cannot_forge_a_series() {
        let text = after_failure("", Some("sqlite:///a\"} 1\nforged 2\\"), NIGHT);
        assert!(!text.lines().any(|line| line.starts_with("forged")), "{text}");
    }
}
