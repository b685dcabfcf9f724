use std::os::unix::fs::PermissionsExt as _;

use tempfile::TempDir;

use super::*;
use crate::domain::check::sample::options;
use crate::domain::finding::Kind;
use crate::domain::generations::sample::{assets, targets, tasks};
use crate::domain::target::Scalar;
use crate::engine::Ending;
use crate::engine::events::{Event, Events as _, Outcome};
use crate::report::model::Mode;
use crate::report::sample;

const DAY: i64 = 86_400_000_000;

/// A folder with the file of a state in it.
struct Folder(TempDir);

/// A check that finds these rows: a table, the number of a row in it, and what its value begins with.
struct Check<'c> {
    targets: &'c [&'static Target],
    rows: &'c [(&'static Target, i64, u8)],
    day: i64,
    options: Options,
    room: u64,
}

/// What a check gets to know.
#[derive(Debug, PartialEq, Eq)]
struct Known {
    novelties: Vec<Novelty>,
    /// Rows of the last check that were not met, by table and number.
    missed: Vec<(String, i64)>,
    differences: Vec<Difference>,
    trend: usize,
}

fn both() -> [&'static Target; 2] {
    [tasks(), assets()]
}

fn row(target: &'static Target, number: i64, value: u8) -> Flagged {
    let mut row = match target.key.len() {
        1 => sample::task(number, Kind::RawText, Outcome::Rewritten),
        _ => sample::asset(number, "a \"key\"\n", Kind::RawText, Outcome::Rewritten),
    };
    row.sha256 = [value; 32];
    row
}

impl Check<'_> {
    fn order(&self, database: &str) -> Order<'_> {
        Order {
            header: Header {
                state_version: check::VERSION,
                tool_version: "0.1.0".to_owned(),
                database: database.to_owned(),
                fingerprint: hex::encode(digest(database.as_bytes())),
            },
            targets: self.targets,
            options: self.options.clone(),
            wish: Wish::Full,
            now: Moment(self.day * DAY),
        }
    }
}

impl Default for Check<'_> {
    fn default() -> Self {
        Self { targets: &[], rows: &[], day: 1, options: options(), room: 100 }
    }
}

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("state.jsonl")
    }

    fn open(&self, check: &Check<'_>) -> Result<StateFile, StateError> {
        StateFile::with_room_for(check.room, self.file(), check.order("sqlite:////airflow.db"))
    }

    /// Goes through a check to its end.
    fn check(&self, check: Check<'_>) -> Known {
        let mut state = self.open(&check).expect("a state");
        let earlier = state.earlier();
        let mut known = Known {
            novelties: Vec::new(),
            missed: Vec::new(),
            differences: earlier.differences.clone(),
            trend: earlier.history.len(),
        };
        let preface = crate::report::collect::Preface { earlier, ..sample::preface(Mode::Check) };
        let report = sample::fold(preface, Ending::Complete, |events| {
            for &target in check.targets {
                let (last, pass) = state.before(target);
                events.event(&Event::Compared { target, last, pass });
                for &(_, number, value) in check.rows.iter().filter(|(of, ..)| of.table == target.table) {
                    let mut row = row(target, number, value);
                    let novelty = state.meet(target, &row);
                    known.novelties.push(novelty);
                    row.novelty = Some(novelty);
                    events.event(&Event::Flagged { target, row });
                }
                loop {
                    let keys = state.missed(target, 2).expect("the state is still there");
                    if keys.is_empty() {
                        break;
                    }
                    known.missed.extend(keys.iter().map(|Key(parts)| (target.table.clone(), number(&parts[0]))));
                }
            }
        });
        state.finish(&report).expect("there is room on the disk");
        known
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).expect("a state")
    }
}

fn number(scalar: &Scalar) -> i64 {
    scalar.as_integer().expect("a number")
}

fn missed(target: &Target, numbers: &[i64]) -> Vec<(String, i64)> {
    numbers.iter().map(|&number| (target.table.clone(), number)).collect()
}

#[test]
fn the_next_check_knows_what_is_new_changed_and_still_there_and_what_it_has_not_met() {
    use Novelty::{Changed, New, Still, Unknown};
    let (folder, targets) = (Folder::new(), both());
    let first = folder.check(Check {
        targets: &targets,
        rows: &[(tasks(), 1, 1), (tasks(), 2, 1), (tasks(), 3, 1), (assets(), 1, 1), (assets(), 7, 1)],
        ..Check::default()
    });
    assert_eq!((first.novelties, first.missed), (vec![Unknown; 5], vec![]));
    let second = folder.check(Check {
        targets: &targets,
        rows: &[(tasks(), 2, 1), (tasks(), 3, 9), (tasks(), 7, 1), (assets(), 7, 1)],
        day: 2,
        ..Check::default()
    });
    assert_eq!(second.novelties, [Still, Changed, New, Still]);
    assert_eq!(second.missed, [missed(tasks(), &[1]), missed(assets(), &[1])].concat());
    assert_eq!((second.differences, second.trend), (vec![], 1));
    let third = folder.check(Check { targets: &targets, day: 3, ..Check::default() });
    assert_eq!(third.missed, [missed(tasks(), &[2, 3, 7]), missed(assets(), &[7])].concat());
    let fourth = folder.check(Check { targets: &targets, rows: &[(tasks(), 1, 1)], day: 4, ..Check::default() });
    assert_eq!((fourth.novelties, fourth.missed, fourth.trend), (vec![New], vec![], 3));
}

#[test]
fn tables_that_are_left_out_once_stay_remembered() {
    use Novelty::{New, Still, Unknown};
    let (folder, all) = (Folder::new(), both());
    let (only_tasks, only_assets) = ([tasks()], [assets()]);
    let rows = [(tasks(), 1, 1), (assets(), 1, 1)];
    folder.check(Check { targets: &only_tasks, rows: &rows, ..Check::default() });
    let joined = folder.check(Check { targets: &all, rows: &rows, day: 2, ..Check::default() });
    assert_eq!(joined.novelties, [Still, Unknown]);
    assert_eq!(joined.differences, [Difference::Joined(assets().table.clone())]);
    let alone = folder.check(Check { targets: &only_assets, rows: &rows, day: 3, ..Check::default() });
    assert_eq!((alone.novelties, alone.missed), (vec![Still], vec![]));
    assert_eq!(alone.differences, [Difference::LeftOut(tasks().table.clone())]);
    let again = folder.check(Check { targets: &only_assets, rows: &rows, day: 4, ..Check::default() });
    assert_eq!(again.differences, [], "it is told once");
    let back = folder.check(Check {
        targets: &all,
        rows: &[(tasks(), 1, 1), (tasks(), 2, 1), (assets(), 1, 1)],
        day: 5,
        ..Check::default()
    });
    assert_eq!((back.novelties, back.differences), (vec![Still, New, Still], vec![]));
}

#[test]
fn other_options_are_told_and_begin_another_trend() {
    let (folder, targets) = (Folder::new(), both());
    folder.check(Check { targets: &targets, ..Check::default() });
    let others = Options { max_value_bytes: Some(10), rules: Some("1".to_owned()), ..options() };
    let other = folder.check(Check { targets: &targets, options: others.clone(), day: 2, ..Check::default() });
    let limit = Difference::Limit { was: Some(65_535), is: Some(10) };
    assert_eq!((other.differences, other.trend), (vec![limit, Difference::Rules], 0));
    let same = folder.check(Check { targets: &targets, options: others, day: 3, ..Check::default() });
    assert_eq!((same.differences, same.trend), (vec![], 1));
}

#[test]
fn a_table_with_another_key_is_compared_with_nothing() {
    let folder = Folder::new();
    let [old, new] = [targets(1)[0], targets(2)[0]];
    folder.check(Check { targets: &[old], ..Check::default() });
    let other = folder.check(Check { targets: &[new], rows: &[(new, 1, 1)], day: 2, ..Check::default() });
    assert_eq!(other.novelties, [Novelty::Unknown]);
    assert_eq!(other.differences, [Difference::Other("task_state".to_owned())]);
    assert_eq!(folder.text().matches("\"table\":\"task_state\"").count(), 1, "the old table is forgotten");
}

#[test]
fn more_rows_than_there_is_room_for_are_remembered_as_numbers() {
    use Novelty::{New, Still, Unknown};
    let (folder, targets) = (Folder::new(), both());
    let four = [(tasks(), 1, 1), (tasks(), 2, 1), (tasks(), 3, 1), (assets(), 1, 1)];
    folder.check(Check { targets: &targets, rows: &four, room: 3, ..Check::default() });
    let next = folder.check(Check { targets: &targets, rows: &four, room: 2, day: 2, ..Check::default() });
    assert_eq!(next.novelties, [Still, Still, Still, Unknown], "the tasks had room, the asset had none");
    let next = folder.check(Check { targets: &targets, rows: &four, day: 3, ..Check::default() });
    assert_eq!((next.novelties, next.missed), (vec![Unknown; 4], vec![]), "two of three tasks are not all of them");
    let next = folder.check(Check { targets: &targets, rows: &[(tasks(), 9, 1)], day: 4, ..Check::default() });
    assert_eq!(next.novelties, [New], "with room, all of them are remembered again");
    let lines = folder.text().lines().count();
    assert_eq!(lines, 4, "header, row, summary, seal");
}

#[test]
fn a_check_that_does_not_come_to_its_end_leaves_the_memory_of_the_last() {
    let (folder, targets) = (Folder::new(), both());
    folder.check(Check { targets: &targets, rows: &[(tasks(), 1, 1)], ..Check::default() });
    let before = folder.text();
    let mut state = folder.open(&Check { targets: &targets, day: 2, ..Check::default() }).expect("a state");
    state.meet(tasks(), &row(tasks(), 2, 2));
    drop(state);
    assert_eq!(folder.text(), before);
    let left = fs::read_dir(folder.0.path()).expect("a folder").count();
    assert_eq!(left, 2, "the state, and the file of its lock");
}

#[test]
fn only_one_check_at_a_time_works_with_a_file_and_nobody_else_reads_it() {
    let (folder, targets) = (Folder::new(), both());
    let check = Check { targets: &targets, ..Check::default() };
    let first = folder.open(&check).expect("a state");
    assert!(matches!(folder.open(&check), Err(StateError::Held(_))));
    drop(first);
    folder.check(check);
    for file in fs::read_dir(folder.0.path()).expect("a folder") {
        let mode = file.and_then(|file| file.metadata()).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn the_file_of_another_database_is_refused() {
    let (folder, targets) = (Folder::new(), both());
    folder.check(Check { targets: &targets, ..Check::default() });
    let check = Check { targets: &targets, ..Check::default() };
    let refused = StateFile::open(folder.file(), check.order("sqlite:////other.db")).err().expect("it is refused");
    assert!(matches!(refused, StateError::OtherDatabase { .. }), "{refused:?}");
    let said = refused.to_string();
    assert!(said.ends_with("remembers a check of sqlite:////airflow.db, and this is sqlite:////other.db"), "{said}");
}

#[test]
fn a_file_that_is_not_what_a_check_has_written_is_refused_and_stays() {
    let (folder, targets) = (Folder::new(), both());
    let check = || Check { targets: &targets, ..Check::default() };
    folder.check(Check { rows: &[(tasks(), 1, 1), (tasks(), 2, 1), (assets(), 1, 1)], ..check() });
    let good = folder.text();
    let end = good.len();
    let seal = good.trim_end().rfind('\n').expect("lines") + 1;
    let without_second_row: String =
        good.lines().enumerate().filter(|(n, _)| *n != 2).map(|(_, l)| format!("{l}\n")).collect();
    let cases: [(&str, String, &str); 15] = [
        ("nothing", String::new(), "not what a check has left"),
        ("something else", "id,kind\n12,raw_text\n".to_owned(), "not what a check has left"),
        ("another JSON", good.replacen("state_version", "plan_version", 1), "not what a check has left"),
        ("a newer form", good.replacen("\"state_version\":1", "\"state_version\":2", 1), "form of version 2"),
        ("without its last byte", good[..end - 1].to_owned(), "damaged in line 6: it ends too early"),
        ("half", good[..end / 2].to_owned(), "damaged in line"),
        ("without its seal", good[..seal].to_owned(), "damaged in line 6: it ends too early"),
        ("another time", good.replacen("\"checked_at\":8", "\"checked_at\":9", 1), "not what was written"),
        ("another seal", good.replacen("\"sha256\":\"", "\"sha256\":\"0", 1), "not what was written"),
        ("another summary", good.replacen("\"tables\"", "\"table\"", 1), "line 5: it is not a summary"),
        ("a flipped digit", good.replacen("\"0101010101010101\"", "\"0101010101010111\"", 1), "not what was written"),
        ("no digit", good.replacen("\"0101010101010101\"", "\"010101010101010g\"", 1), "line 2: it is not a row"),
        ("a row less", without_second_row, "not what was written"),
        ("a row that is none", good.replacen("[0,[1]", "[0,{}", 1), "line 2: it is not a row"),
        ("twice", format!("{good}{good}"), "line 6: something follows it"),
    ];
    for (what, text, complaint) in cases {
        fs::write(folder.file(), &text).expect("a file");
        let refused = folder.open(&check()).err().unwrap_or_else(|| panic!("{what} is taken for a state"));
        assert!(refused.to_string().contains(complaint), "{what}: {refused}");
        assert_eq!(folder.text(), text, "{what} is left as it was");
    }
    fs::write(folder.file(), b"\xff\xfe\n\x00").expect("a file");
    assert!(matches!(folder.open(&check()), Err(StateError::NoState(_))));
    fs::write(folder.file(), &good).expect("a file");
    assert!(folder.open(&check()).is_ok());
}

#[test]
fn the_history_does_not_grow_for_ever() {
    let (folder, targets) = (Folder::new(), both());
    for day in 1..=40 {
        let known = folder.check(Check { targets: &targets, day, ..Check::default() });
        assert_eq!(known.trend, LONGEST_HISTORY.min(usize::try_from(day - 1).expect("small")));
    }
}
