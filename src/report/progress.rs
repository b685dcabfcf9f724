//! What someone who watches sees while the work goes on: two lines on standard error for the table at work, redrawn a
//! few times a second and gone when the work is over, so that the report follows on a clean screen.
//!
//! Whether anyone watches is decided elsewhere; nobody gets a [`Progress`] that is not to be seen.

use std::time::{Duration, Instant};

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::domain::target::Target;
use crate::engine::events::{Event, Events, Outcome};

/// How often a second the bar is drawn at most.
const DRAWS_PER_SECOND: u8 = 8;
/// How often the text behind the bar is put together again.
const TEXT_EVERY: Duration = Duration::from_millis(120);
/// How often the spinner moves by itself, so that a slow database does not look like a dead one.
const TICK: Duration = Duration::from_millis(250);

/// Two lines, since one of 80 columns has no room for all. What does not fit at the end of the second is cut off.
const BAR: &str = "{prefix}  {bar:20.cyan/dim} {percent:>3}%  {rows}\n  {rate}{left}{wide_msg}";
const SPINNER: &str = "{prefix}  {spinner:.cyan} {rows}\n  {rate}{wide_msg}";

/// A progress bar, or a spinner where nobody knows how many rows are ahead. It is cleared when dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    seen: Seen,
    /// Whether there is a run that changes rows. Without one, outcomes are what a repair would do, and nothing of it
    /// has happened.
    changes_rows: bool,
    text_at: Option<Instant>,
}

/// What has been seen in the table at work.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    flagged: u64,
    rewritten: u64,
    carried: u64,
    restored: u64,
    skipped: u64,
    drifted: u64,
}

impl Progress {
    /// A bar on standard error.
    pub fn on_stderr() -> Self {
        Self::on(ProgressDrawTarget::stderr_with_hz(DRAWS_PER_SECOND))
    }

    fn on(screen: ProgressDrawTarget) -> Self {
        let bar = ProgressBar::with_draw_target(None, screen);
        Self { bar, seen: Seen::default(), changes_rows: false, text_at: None }
    }

    fn start(&mut self, target: &Target, rows: Option<u64>) {
        self.seen = Seen::default();
        self.text_at = None;
        // Nothing of this is drawn before all of it is there: the numbers of two tables must not stand in one line.
        self.bar.reset_elapsed();
        let bar = self.bar.clone().with_style(style(if rows.is_some() { BAR } else { SPINNER }));
        let bar = bar.with_prefix(target.table.clone()).with_message("").with_position(0);
        match rows {
            Some(rows) => bar.set_length(rows),
            None => bar.unset_length(),
        }
        self.bar.reset();
        self.bar.enable_steady_tick(TICK);
    }

    /// Moves on. A table that has grown since its rows were counted must not stand at more than all of them.
    fn advance(&mut self, rows: u64) {
        let position = self.bar.position() + rows;
        if self.bar.length().is_some_and(|length| length < position) {
            self.bar.set_length(position);
        }
        self.bar.set_position(position);
    }

    fn saw(&mut self, outcome: Outcome) {
        self.seen.flagged += 1;
        match outcome {
            _ if !self.changes_rows => {}
            Outcome::Reported => {}
            Outcome::Rewritten => self.seen.rewritten += 1,
            Outcome::Skipped(_) => self.seen.skipped += 1,
            Outcome::Drifted(_) => self.seen.drifted += 1,
        }
    }

    /// Events come by the thousand, and putting the text together costs more than to count.
    fn show(&mut self) {
        let now = Instant::now();
        if self.text_at.is_none_or(|at| now.duration_since(at) >= TEXT_EVERY) {
            self.text_at = Some(now);
            self.bar.set_message(self.seen.text());
        }
    }
}

impl Events for Progress {
    fn event(&mut self, event: &Event<'_>) {
        match *event {
            Event::TableStarted { target, rows } => return self.start(target, rows),
            Event::Waiting { reason } => {
                self.text_at = None;
                return self.bar.set_message(format!(" · waiting: {reason}"));
            }
            Event::RunStarted { .. } => {
                self.changes_rows = true;
                return;
            }
            Event::Earlier { .. }
            | Event::Census { .. }
            | Event::Lists { .. }
            | Event::Compared { .. }
            | Event::Gone { .. } => return,
            Event::Scanned { rows, .. } => self.advance(rows),
            Event::Carried { rows, .. } if self.changes_rows => self.seen.carried += rows,
            Event::Carried { .. } => return,
            Event::PutBack { target, changes, rows } => {
                // An undo goes through its journal, where the tables take turns.
                self.bar.set_prefix(target.table.clone());
                self.seen.restored += rows;
                self.advance(changes);
            }
            Event::Flagged { ref row, .. } => self.saw(row.outcome),
        }
        self.show();
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Seen {
    /// What there is to tell apart, without what has not happened.
    fn text(self) -> String {
        let parts = [
            ("flagged", self.flagged),
            ("carried", self.carried),
            ("rewritten", self.rewritten),
            ("put back", self.restored),
            ("skipped", self.skipped),
            ("drifted", self.drifted),
        ];
        let parts = parts.into_iter().filter(|(_, rows)| *rows > 0);
        parts.map(|(word, rows)| format!(" · {word} {}", HumanCount(rows))).collect()
    }
}

fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style
        .progress_chars("━╸─")
        .with_key("rows", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let position = HumanCount(state.pos());
            let _ = match state.len() {
                Some(length) => write!(out, "{position} of {} rows", HumanCount(length)),
                None => write!(out, "{position} rows"),
            };
        })
        .with_key("rate", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = write!(out, "{} rows/s", HumanCount(state.per_sec().max(0.0) as u64));
        })
        .with_key("left", |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = match state.pos() {
                0 => Ok(()),
                _ => write!(out, " · {:#} left", HumanDuration(state.eta())),
            };
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::finding::Kind;
    use crate::domain::repair::Reason;
    use crate::domain::run::RunId;

    #[test]
    fn the_templates_are_sound() {
        for template in [BAR, SPINNER] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }

    #[test]
    fn only_what_has_happened_is_told() {
        assert_eq!(Seen::default().text(), "");
        let seen = Seen { flagged: 1_204, rewritten: 1_200, drifted: 4, ..Seen::default() };
        assert_eq!(seen.text(), " · flagged 1,204 · rewritten 1,200 · drifted 4");
    }

    #[test]
    fn an_undo_counts_what_it_put_back_and_what_it_left() {
        let mut progress = Progress::on(ProgressDrawTarget::hidden());
        let target = crate::domain::generations::sample::tasks();
        progress.event(&Event::RunStarted { run: &RunId("20261122-144501-k3fq".to_owned()), resumed: false });
        progress.event(&Event::TableStarted { target, rows: Some(10) });
        progress.event(&Event::PutBack { target, changes: 8, rows: 7 });
        let row = crate::report::sample::task(1, Kind::RawText, Outcome::Drifted(Reason::WrittenSince));
        progress.event(&Event::Flagged { target, row });
        assert_eq!(progress.bar.position(), 8);
        assert_eq!((progress.seen.restored, progress.seen.drifted), (7, 1));
    }

    #[test]
    fn a_scan_never_claims_to_have_rewritten_a_row() {
        let mut progress = Progress::on(ProgressDrawTarget::hidden());
        let target = crate::domain::generations::sample::tasks();
        let row = crate::report::sample::task(1, Kind::RawText, Outcome::Rewritten);
        progress.event(&Event::Flagged { target, row });
        assert_eq!(progress.seen.text(), " · flagged 1");
    }

    #[test]
    fn a_table_that_grew_is_never_more_than_done() {
        let mut progress = Progress::on(ProgressDrawTarget::hidden());
        let target = crate::domain::generations::sample::tasks();
        progress.event(&Event::TableStarted { target, rows: Some(10) });
        progress.event(&Event::Scanned { target, rows: 25, bytes: 0 });
        assert_eq!((progress.bar.position(), progress.bar.length()), (25, Some(25)));
    }
}
