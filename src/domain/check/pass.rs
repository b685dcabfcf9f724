//! Which rows of a table a check reads: all of them, or those that were written since the last one.

use std::time::Duration;

use super::{Looked, Options};
use crate::domain::rules::Moment;
use crate::domain::target::Target;

/// How much longer ago than the last check a row may have been written and is still read again: clocks of writers are
/// not ours, and a row appears when its transaction ends, with the time of when it was written in it.
pub const OVERLAP: Duration = Duration::from_secs(60 * 60);

/// What the user wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Every row is read.
    Full,
    /// Rows that were written since are, and every row where that was so long ago.
    Incremental { full_every: Duration },
}

/// Which rows of a table are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    Full(Why),
    /// Those that were written at this moment or later, and those that were flagged before.
    Since(Moment),
}

/// Why all rows are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    Wished,
    /// No check has looked at the table before.
    First,
    /// The last time is so long ago.
    Due,
    /// Other options may flag rows that nobody has written since.
    Options,
    /// The table does not tell when a row was written.
    Untold,
    /// There were too many flagged rows to remember.
    Forgotten,
    /// The last check was later than now.
    Clock,
}

impl Why {
    /// The reason as a fragment, fit to stand behind "because".
    pub const fn explain(self) -> &'static str {
        match self {
            Self::Wished => "nobody asked for less",
            Self::First => "no check has looked at it before",
            Self::Due => "the last time is long enough ago",
            Self::Options => "the last check had other options",
            Self::Untold => "it does not tell when a row was written",
            Self::Forgotten => "there were too many flagged rows to remember them",
            Self::Clock => "the last check was later than now, by this clock",
        }
    }
}

impl Pass {
    /// Decides about one table. `last` is what is known of it, `now` is when this check begins.
    pub fn of(wish: Wish, target: &Target, last: Option<&Looked>, options: &Options, now: Moment) -> Self {
        let Wish::Incremental { full_every } = wish else { return Self::Full(Why::Wished) };
        let Some(last) = last else { return Self::Full(Why::First) };
        let reasons = [
            (target.written_at.is_none(), Why::Untold),
            (last.options != *options, Why::Options),
            (!last.remembered, Why::Forgotten),
            (last.checked_at > now, Why::Clock),
            (later(last.full_at, full_every) <= now, Why::Due),
        ];
        match reasons.into_iter().find(|(applies, _)| *applies) {
            Some((_, why)) => Self::Full(why),
            None => Self::Since(Moment(last.checked_at.0.saturating_sub(micros(OVERLAP)))),
        }
    }

    /// From which moment on rows are read; nothing where all are.
    pub const fn since(self) -> Option<Moment> {
        match self {
            Self::Full(_) => None,
            Self::Since(moment) => Some(moment),
        }
    }
}

fn later(Moment(moment): Moment, by: Duration) -> Moment {
    Moment(moment.saturating_add(micros(by)))
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{looked, options};
    use super::*;
    use crate::domain::generations;
    use crate::domain::generations::sample::{table, tasks};

    const HOUR: i64 = 3_600_000_000;
    const DAY: i64 = 24 * HOUR;

    #[test]
    fn only_what_was_written_since_is_read_unless_something_speaks_against_it() {
        let last = looked(tasks());
        let weekly = Wish::Incremental { full_every: Duration::from_secs(7 * 86_400) };
        let day = |number| Moment(number * DAY);
        let yesterday = Looked { checked_at: day(7), ..last.clone() };
        let others = Options { max_value_bytes: None, ..options() };
        let cases = [
            (Wish::Full, Some(&last), day(2), Pass::Full(Why::Wished)),
            (weekly, None, day(2), Pass::Full(Why::First)),
            (weekly, Some(&last), day(2), Pass::Since(Moment(DAY - HOUR))),
            (weekly, Some(&last), day(1), Pass::Since(Moment(DAY - HOUR))),
            (weekly, Some(&yesterday), Moment(8 * DAY - 1), Pass::Since(Moment(7 * DAY - HOUR))),
            (weekly, Some(&yesterday), day(8), Pass::Full(Why::Due)),
            (weekly, Some(&last), Moment(DAY - 1), Pass::Full(Why::Clock)),
            (Wish::Incremental { full_every: Duration::ZERO }, Some(&last), day(1), Pass::Full(Why::Due)),
            (Wish::Incremental { full_every: Duration::MAX }, Some(&last), day(9_999), Pass::Since(Moment(DAY - HOUR))),
        ];
        for (wish, last, now, pass) in cases {
            assert_eq!(Pass::of(wish, tasks(), last, &options(), now), pass, "{wish:?} at {now:?}");
        }
        let now = day(2);
        assert_eq!(Pass::of(weekly, tasks(), Some(&last), &others, now), Pass::Full(Why::Options));
        let forgotten = Looked { remembered: false, ..last };
        assert_eq!(Pass::of(weekly, tasks(), Some(&forgotten), &options(), now), Pass::Full(Why::Forgotten));
    }

    #[test]
    fn a_table_that_does_not_tell_when_rows_were_written_is_always_read_in_full() {
        let found = generations::recognise(&[table("asset_store", &["asset_id", "key", "value"])]);
        let wish = Wish::Incremental { full_every: Duration::MAX };
        let pass = Pass::of(wish, &found[0], Some(&looked(&found[0])), &options(), Moment(2 * DAY));
        assert_eq!(pass, Pass::Full(Why::Untold));
    }
}
