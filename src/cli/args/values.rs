//! How times and durations are typed.

use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// Far more than anyone waits, and little enough for every database to reckon with.
const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

/// How long something may take or how old it may be.
pub fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|_| "not a number with its unit, such as 250ms, 10s, 15m or 30d".to_owned())?;
    if duration > LONGEST { Err("longer than 100 years".to_owned()) } else { Ok(duration) }
}

/// How long something may take that takes some time.
pub fn positive(text: &str) -> Result<Duration, String> {
    duration(text).and_then(|duration| if duration.is_zero() { Err("no time at all".to_owned()) } else { Ok(duration) })
}

/// A file that is kept, so standard output will not do.
pub fn file(text: &str) -> Result<PathBuf, &'static str> {
    if text == "-" { Err("it takes a file, not standard output") } else { Ok(text.into()) }
}

/// A moment that is not to come.
pub fn past(text: &str) -> Result<SystemTime, &'static str> {
    let moment = moment(text)?;
    if moment > SystemTime::now() { Err("a moment that is still to come") } else { Ok(moment) }
}

/// A moment in UTC, on the command line and in files of rules.
pub fn moment(text: &str) -> Result<SystemTime, &'static str> {
    let utc = text.strip_suffix("+00:00").map(|text| format!("{text}Z"));
    let time = humantime::parse_rfc3339(utc.as_deref().unwrap_or(text)).ok();
    let since_1970 = time.filter(|time| *time >= SystemTime::UNIX_EPOCH);
    since_1970.ok_or("not a time in UTC such as 2026-05-25T00:00:00Z")
}
