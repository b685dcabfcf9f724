//! Tells when things happened, by the hour, the day or the week, without remembering each.

use std::collections::BTreeMap;

use serde::Serialize;

/// How many hours, days or weeks are told apart, counted back from the newest.
const MOST: i64 = 72;

/// A length of time that things are counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    Hour,
    Day,
    /// From Monday to Sunday.
    Week,
}

impl Unit {
    /// Every unit, the shortest first.
    const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Week];

    /// Its length in microseconds, and the beginning of one of them.
    const fn grid(self) -> (i64, i64) {
        const HOUR: i64 = 3_600_000_000;
        match self {
            Self::Hour => (HOUR, 0),
            Self::Day => (24 * HOUR, 0),
            // 1970 began on a Thursday.
            Self::Week => (7 * 24 * HOUR, 4 * 24 * HOUR),
        }
    }

    fn number(self, micros: i64) -> i64 {
        let (length, origin) = self.grid();
        micros.saturating_sub(origin).div_euclid(length)
    }

    /// When the unit with this number began, in microseconds since 1970.
    fn begin(self, number: i64) -> i64 {
        let (length, origin) = self.grid();
        number.saturating_mul(length).saturating_add(origin)
    }

    /// The name, as it stands behind "by".
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
        }
    }
}

/// What happened lately. Time is in microseconds since 1970.
#[derive(Debug)]
pub struct Recent([Buckets; 3]);

impl Default for Recent {
    fn default() -> Self {
        Self(Unit::ALL.map(|unit| Buckets { unit, counts: BTreeMap::new(), earlier: 0 }))
    }
}

/// The newest hours, days or weeks, and how often something happened before them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buckets {
    pub unit: Unit,
    counts: BTreeMap<i64, u64>,
    pub earlier: u64,
}

impl Recent {
    /// Counts something that happened then.
    pub fn add(&mut self, micros: i64) {
        for buckets in &mut self.0 {
            buckets.add(buckets.unit.number(micros), 1);
        }
    }

    /// Counts all that another has counted.
    pub fn merge(&mut self, other: Self) {
        for (buckets, other) in self.0.iter_mut().zip(other.0) {
            other.counts.into_iter().for_each(|(number, times)| buckets.add(number, times));
            buckets.earlier += other.earlier;
        }
    }

    /// The shortest units in which nineteen of twenty happened, so that one thing of long ago does not hide what
    /// happens now.
    pub fn buckets(&self) -> &Buckets {
        let [.., weeks] = &self.0;
        let most = |buckets: &&Buckets| buckets.earlier * 20 <= buckets.earlier + buckets.counts.values().sum::<u64>();
        self.0.iter().find(most).unwrap_or(weeks)
    }
}

impl Buckets {
    fn add(&mut self, number: i64, times: u64) {
        let newest = self.counts.last_key_value().map_or(number, |(newest, _)| *newest).max(number);
        let oldest = newest.saturating_sub(MOST - 1);
        if number < oldest {
            self.earlier += times;
            return;
        }
        *self.counts.entry(number).or_default() += times;
        while let Some(first) = self.counts.first_entry().filter(|first| *first.key() < oldest) {
            self.earlier += first.remove();
        }
    }

    /// When each unit began, from the first to the last in which something happened, and how often it did.
    pub fn iter(&self) -> impl Iterator<Item = (i64, u64)> {
        let ends = self.counts.first_key_value().zip(self.counts.last_key_value());
        let numbers = ends.map(|((first, _), (last, _))| *first..=*last);
        let times = |number: i64| self.counts.get(&number).copied().unwrap_or_default();
        numbers.into_iter().flatten().map(move |number| (self.unit.begin(number), times(number)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;
    const DAY: i64 = 24 * HOUR;
    /// Monday, 2026-05-04 at midnight.
    const MONDAY: i64 = 1_777_852_800_000_000;

    fn counted(times: impl IntoIterator<Item = i64>) -> Recent {
        let mut recent = Recent::default();
        times.into_iter().for_each(|micros| recent.add(micros));
        recent
    }

    fn shape(recent: &Recent) -> (Unit, Vec<u64>, u64) {
        let buckets = recent.buckets();
        (buckets.unit, buckets.iter().map(|(_, times)| times).collect(), buckets.earlier)
    }

    #[test]
    fn the_unit_is_the_shortest_that_shows_nearly_everything() {
        let hours = counted([MONDAY, MONDAY + 1, MONDAY + 2 * HOUR]);
        assert_eq!(shape(&hours), (Unit::Hour, vec![2, 0, 1], 0));
        let days = counted([MONDAY, MONDAY + 3 * DAY + HOUR, MONDAY + 3 * DAY]);
        assert_eq!(shape(&days), (Unit::Day, vec![1, 0, 0, 2], 0));
        let weeks = counted([MONDAY + 80 * DAY, MONDAY]);
        assert_eq!(weeks.buckets().unit, Unit::Week);
        assert_eq!(weeks.buckets().iter().next(), Some((MONDAY, 1)), "weeks begin on Monday");
    }

    #[test]
    fn one_row_of_long_ago_does_not_hide_what_happens_now() {
        let recent = counted([0].into_iter().chain((0..40).map(|hour| MONDAY + hour * HOUR)));
        let (unit, buckets, earlier) = shape(&recent);
        assert_eq!((unit, buckets.len(), earlier), (Unit::Hour, 40, 1));
    }

    #[test]
    fn nothing_is_lost_in_whatever_order_it_comes() {
        let times: Vec<i64> = (0..3_000).map(|number| MONDAY + (number * 7_919 % 3_000) * DAY).collect();
        let recent = counted(times.iter().copied());
        for buckets in &recent.0 {
            assert!(buckets.counts.len() <= 72);
            assert_eq!(buckets.counts.values().sum::<u64>() + buckets.earlier, 3_000);
        }
        let mut halves = counted(times[..1_000].iter().copied());
        halves.merge(counted(times[1_000..].iter().copied()));
        assert_eq!(halves.0, recent.0);
    }

    #[test]
    fn times_at_the_ends_of_all_time_do_no_harm() {
        let recent = counted([i64::MIN, i64::MAX, 0]);
        assert_eq!(recent.buckets().earlier, 2);
        assert!(recent.buckets().iter().count() <= 72);
    }
}
