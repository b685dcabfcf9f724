use proptest::collection::vec;
use proptest::prelude::*;
use proptest::{option, sample};

use super::*;
use crate::domain::finding::{Action, Kind, Severity};
use crate::domain::generations;
use crate::domain::reader::Reader;

fn globs(globs: &[&str]) -> Option<Globs> {
    Some(Globs::new(globs.iter().map(|glob| Glob::new(glob).unwrap()).collect()))
}

fn pattern(text: &str) -> Option<Pattern> {
    Some(Pattern::new(text).unwrap())
}

fn kinds(kinds: &[Kind]) -> Kinds {
    kinds.iter().copied().collect()
}

fn rule(conditions: Conditions, action: Action) -> Rule {
    Rule::new(Name::Number(1), conditions, action).unwrap()
}

fn rules(rules: Vec<Rule>) -> Rules {
    Rules { rules, default: None }
}

/// Rules that leave what they take; it only matters which rows those are.
fn taking(conditions: &[Conditions]) -> Rules {
    rules(conditions.iter().map(|conditions| rule(conditions.clone(), Action::Skip)).collect())
}

fn any() -> Conditions {
    Conditions::default()
}

const TASK: Row<'_> = Row {
    kind: Some(Kind::RawText),
    table: "task_state_store",
    reader: Reader::Airflow,
    owner: Owner { dag: Some("sales_eu"), task: Some("load"), asset: None },
    key: Some("status"),
    value: b"done \xff",
    written_at: Some(Moment(1_000)),
};

const ASSET: Row<'_> =
    Row { table: "asset_state_store", owner: Owner { dag: None, task: None, asset: Some("7") }, ..TASK };

#[test]
fn a_rule_takes_the_rows_for_which_all_of_its_conditions_hold() {
    let cases: &[(Conditions, Row<'_>, bool)] = &[
        (any(), TASK, true),
        (any(), Row { kind: None, ..TASK }, false),
        (Conditions { kinds: Kinds::READABLE, ..any() }, Row { kind: None, ..TASK }, true),
        (Conditions { kinds: Kinds::READABLE, ..any() }, TASK, false),
        (Conditions { kinds: kinds(&[Kind::Empty, Kind::RawText]), ..any() }, TASK, true),
        (Conditions { kinds: kinds(&[Kind::Empty]), ..any() }, TASK, false),
        (Conditions { kinds: Kinds::of(Severity::Error), ..any() }, TASK, true),
        (Conditions { kinds: Kinds::of(Severity::Warning), ..any() }, TASK, false),
        (Conditions { table: globs(&["task_*"]), ..any() }, TASK, true),
        (Conditions { table: globs(&["task_*"]), ..any() }, ASSET, false),
        (Conditions { dag: globs(&["sales_*"]), ..any() }, TASK, true),
        (Conditions { dag: globs(&["x", "sales_*"]), task: globs(&["load"]), ..any() }, TASK, true),
        (Conditions { dag: globs(&["sales_*"]), task: globs(&["store"]), ..any() }, TASK, false),
        (Conditions { dag: globs(&["*"]), ..any() }, ASSET, false),
        (Conditions { dag: globs(&["*"]), ..any() }, Row { owner: Owner::default(), ..TASK }, false),
        (Conditions { asset: globs(&["7"]), ..any() }, ASSET, true),
        (Conditions { asset: globs(&["*"]), ..any() }, TASK, false),
        (Conditions { key: globs(&["sta*"]), ..any() }, TASK, true),
        (Conditions { key: globs(&["*"]), ..any() }, Row { key: None, ..TASK }, false),
        (Conditions { text: pattern("one"), ..any() }, TASK, true),
        (Conditions { text: pattern("^one"), ..any() }, TASK, false),
        (Conditions { text: pattern(r"(?i)DONE\s(?-u:\xff)$"), ..any() }, TASK, true),
        (Conditions { written_before: Some(Moment(1_001)), ..any() }, TASK, true),
        (Conditions { written_before: Some(Moment(1_000)), ..any() }, TASK, false),
        (Conditions { written_after: Some(Moment(1_000)), ..any() }, TASK, true),
        (Conditions { written_after: Some(Moment(1_001)), ..any() }, TASK, false),
        (Conditions { written_after: Some(Moment(0)), ..any() }, Row { written_at: None, ..TASK }, false),
        (Conditions { written_before: Some(Moment(9_999)), ..any() }, Row { written_at: None, ..TASK }, false),
    ];
    for (conditions, row, takes) in cases {
        assert_eq!(conditions.take(row), *takes, "{conditions:?}\n{row:?}");
    }
}

#[test]
fn the_first_rule_that_takes_a_row_decides_and_behind_them_the_default() {
    let references = Conditions { kinds: kinds(&[Kind::BareReference]), ..any() };
    let sales = Conditions { dag: globs(&["sales_*"]), ..any() };
    let legacy = Conditions { kinds: Kinds::READABLE, written_before: Some(Moment(500)), ..any() };
    let mut rules =
        rules(vec![rule(references, Action::Reference), rule(sales, Action::Null), rule(legacy, Action::String)]);
    let reference = Row { kind: Some(Kind::BareReference), ..TASK };
    let other = Row { owner: Owner { dag: Some("other"), ..TASK.owner }, ..TASK };
    let cases = [
        (reference, RuleRef::Rule(0), Action::Reference),
        (TASK, RuleRef::Rule(1), Action::Null),
        (other, RuleRef::Default, Action::String),
        (Row { kind: Some(Kind::NotText), ..other }, RuleRef::Default, Action::Skip),
        (Row { kind: Some(Kind::NonFinite), ..other }, RuleRef::Default, Action::None),
        (Row { kind: None, ..TASK }, RuleRef::Default, Action::None),
        (Row { kind: None, written_at: Some(Moment(499)), ..TASK }, RuleRef::Rule(2), Action::String),
    ];
    for (row, decider, action) in cases {
        assert_eq!(rules.decide(&row), (decider, action), "{row:?}");
    }
    rules.default = Some(Action::Null);
    assert_eq!(rules.decide(&other), (RuleRef::Default, Action::Null));
    let well = Row { kind: None, ..TASK };
    assert_eq!(rules.decide(&well), (RuleRef::Default, Action::None), "a default is for flagged rows alone");
}

#[test]
fn without_rules_every_kind_gets_its_default_action() {
    for kind in Kind::ALL {
        let decision = Rules::default().decide(&Row { kind: Some(*kind), ..TASK });
        assert_eq!(decision, (RuleRef::Default, kind.default_action()), "{kind}");
    }
    let strict = Row { kind: Some(Kind::NonFinite), reader: Reader::Rfc8259, ..TASK };
    assert_eq!(Rules::default().decide(&strict).1, Action::String, "what the reader fails on is mended");
}

#[test]
fn rows_that_read_well_are_changed_in_one_way_only() {
    let aged = Conditions { kinds: Kinds::READABLE, written_before: Some(Moment(0)), ..any() };
    let of_any_age = Conditions { written_before: None, written_after: Some(Moment(0)), ..aged.clone() };
    let and_more = Conditions { kinds: aged.kinds.and(Kind::RawText.into()), ..of_any_age.clone() };
    let cases = [
        (&aged, Action::String, Ok(())),
        (&aged, Action::Decode, Err(NoRule::NotForReadable)),
        (&aged, Action::Null, Err(NoRule::NotForReadable)),
        (&of_any_age, Action::String, Err(NoRule::ReadableOfAnyAge)),
        (&and_more, Action::String, Err(NoRule::ReadableOfAnyAge)),
        (&and_more, Action::Reference, Err(NoRule::NotForReadable)),
        (&of_any_age, Action::Skip, Ok(())),
        (&of_any_age, Action::None, Ok(())),
    ];
    for (conditions, action, expected) in cases {
        let made = Rule::new(Name::Number(1), conditions.clone(), action);
        assert_eq!(made.map(|_| ()), expected, "{action:?} {conditions:?}");
    }
}

#[test]
fn rules_say_what_they_need_to_know() {
    let needs = |conditions: Conditions, action| {
        let rules = rules(vec![rule(any(), Action::Skip), rule(conditions, action)]);
        (rules.needs_identity(), rules.needs_time(), rules.considers_readable())
    };
    let legacy = Conditions { kinds: Kinds::READABLE, written_before: Some(Moment(0)), ..any() };
    assert_eq!(needs(any(), Action::String), (false, false, false));
    assert_eq!(
        needs(Conditions { table: globs(&["a"]), text: pattern("a"), ..any() }, Action::Skip),
        Default::default()
    );
    assert_eq!(needs(Conditions { key: globs(&["a"]), ..any() }, Action::Skip), (true, false, false));
    assert_eq!(needs(Conditions { asset: globs(&["a"]), ..any() }, Action::Skip), (true, false, false));
    assert_eq!(needs(legacy.clone(), Action::String), (false, true, true));
    assert_eq!(needs(legacy, Action::Skip), (false, true, false));
}

#[test]
fn the_text_is_the_same_for_rules_that_decide_the_same() {
    let conditions = |dag: &[&str]| Conditions {
        kinds: kinds(&[Kind::RawText, Kind::Empty]),
        dag: globs(dag),
        text: pattern("a\nb"),
        written_before: Some(Moment(-1)),
        ..any()
    };
    let one = rules(vec![rule(conditions(&["b**", "a", "a"]), Action::Decode)]);
    let named = Rule::new(Name::Given("x".into()), conditions(&["a", "b*"]), Action::Decode).unwrap();
    assert_eq!(one.text(), rules(vec![named]).text());
    assert_eq!(
        one.text(),
        "rule\nkind empty raw_text\ndag \"a\" \"b*\"\ntext \"a\\nb\"\nwritten_before -1\naction decode\ndefault kind"
    );
    assert_eq!(Rules::default().text(), "default kind");
    assert_ne!(Rules { default: Some(Action::String), ..Rules::default() }.text(), Rules::default().text());
}

#[test]
fn a_bad_expression_is_told_on_one_line() {
    for (text, said) in [("a(", "unclosed group"), ("a{2,1}", "invalid repetition count range")] {
        let error = Pattern::new(text).unwrap_err().to_string();
        assert!(error.contains(said) && !error.contains('\n'), "{error}");
    }
}

#[test]
fn rules_that_never_take_a_row_are_found() {
    use Contradiction::{AssetInTaskTables, NoSuchTable, TaskAndAsset, TaskInAssetTables, Times};
    let error = Conditions { kinds: Kinds::of(Severity::Error), ..any() };
    let warning = Conditions { kinds: Kinds::of(Severity::Warning), ..any() };
    let raw = Conditions { kinds: Kind::RawText.into(), ..any() };
    let sales = Conditions { dag: globs(&["sales_*"]), ..any() };
    let of_tasks = Conditions { table: globs(&["task_*"]), ..any() };
    let old = Conditions { written_before: Some(Moment(9)), ..any() };
    let older = Conditions { written_before: Some(Moment(8)), ..any() };
    let recent = Conditions { written_after: Some(Moment(9)), ..any() };
    let text = Conditions { text: pattern("a"), ..any() };
    let contradiction = |contradiction| Some(Doubt::Contradiction(contradiction));
    let behind = |rules: &[usize]| Some(Doubt::Behind(rules.to_vec()));
    let cases: &[(&[Conditions], Option<Doubt>)] = &[
        (&[any()], None),
        (&[any(), raw.clone()], behind(&[0])),
        (&[raw.clone(), any()], None),
        (&[error.clone(), raw.clone()], behind(&[0])),
        (&[warning.clone(), raw.clone()], None),
        (
            &[raw, error.clone(), warning.clone(), Conditions { kinds: error.kinds.and(warning.kinds), ..any() }],
            behind(&[0, 1, 2]),
        ),
        (&[any(), Conditions { kinds: Kinds::READABLE, ..any() }], None),
        (&[sales.clone(), Conditions { dag: globs(&["sales_eu", "sales_??"]), ..any() }], behind(&[0])),
        (&[sales.clone(), Conditions { dag: globs(&["sales_eu", "shop"]), ..any() }], None),
        (&[of_tasks.clone(), sales.clone()], behind(&[0])),
        (&[sales.clone(), of_tasks.clone()], None),
        (&[of_tasks, Conditions { table: globs(&["task_state", "*k_store"]), ..any() }], behind(&[0])),
        (&[old.clone(), older.clone()], behind(&[0])),
        (&[older, old.clone()], None),
        (&[old, any()], None),
        (&[recent.clone(), Conditions { written_after: Some(Moment(10)), ..any() }], behind(&[0])),
        (&[recent.clone(), Conditions { written_after: Some(Moment(8)), ..any() }], None),
        (&[text.clone(), Conditions { dag: globs(&["a"]), ..text.clone() }], behind(&[0])),
        (&[text, Conditions { text: pattern("aa"), ..any() }], None),
        (&[Conditions { written_before: Some(Moment(9)), ..recent.clone() }], contradiction(Times)),
        (&[Conditions { written_before: Some(Moment(10)), ..recent }], None),
        (&[Conditions { asset: globs(&["7"]), ..sales.clone() }], contradiction(TaskAndAsset)),
        (&[Conditions { table: globs(&["xcom"]), ..any() }], contradiction(NoSuchTable)),
        (&[Conditions { table: globs(&["asset_*"]), ..sales.clone() }], contradiction(TaskInAssetTables)),
        (&[Conditions { table: globs(&["asset_*", "task_store"]), ..sales }], None),
        (&[Conditions { table: globs(&["task_*"]), asset: globs(&["7"]), ..any() }], contradiction(AssetInTaskTables)),
    ];
    for (conditions, doubt) in cases {
        assert_eq!(taking(conditions).doubt(conditions.len() - 1, AIRFLOW), *doubt, "{conditions:?}");
    }
}

#[test]
fn rules_about_tables_of_the_users_own_are_held_against_what_those_tell() {
    use Contradiction::{NoSuchKind, NoSuchTable, TaskAndAsset, Untold};
    let in_own = |conditions| Conditions { table: globs(&["own_store"]), ..conditions };
    let nulls = Conditions { kinds: Kind::NullValue.into(), ..any() };
    let sales = Conditions { dag: globs(&["sales"]), ..any() };
    let cases = [
        (in_own(sales.clone()), None),
        (in_own(Conditions { asset: globs(&["7"]), ..sales.clone() }), None),
        (Conditions { asset: globs(&["7"]), ..sales.clone() }, None),
        (Conditions { table: globs(&["*_state_store"]), asset: globs(&["7"]), ..sales }, Some(TaskAndAsset)),
        (in_own(Conditions { task: globs(&["a"]), ..any() }), Some(Untold("task"))),
        (in_own(Conditions { written_before: Some(Moment(0)), ..any() }), Some(Untold("time"))),
        (in_own(nulls.clone()), Some(NoSuchKind)),
        (nulls, None),
        (Conditions { kinds: Kind::NulCharacter.into(), ..any() }, Some(NoSuchKind)),
        (Conditions { table: globs(&["other"]), ..any() }, Some(NoSuchTable)),
    ];
    for (conditions, contradiction) in cases {
        let doubt = taking(std::slice::from_ref(&conditions)).doubt(0, &tables());
        assert_eq!(doubt, contradiction.map(Doubt::Contradiction), "{conditions:?}");
    }
    // Not finite is an error to one reader and a warning to others.
    let error = Conditions { kinds: Kinds::of(Severity::Error), ..any() };
    let infinite = Conditions { kinds: Kind::NonFinite.into(), ..any() };
    let doubt = |later| taking(&[error.clone(), later]).doubt(1, &tables());
    assert_eq!(doubt(infinite.clone()), None);
    assert_eq!(doubt(in_own(infinite)), Some(Doubt::Behind(vec![0])));
}

#[test]
fn rules_may_speak_of_every_table_that_airflow_has_made() {
    let mut known: Vec<_> = AIRFLOW.iter().map(|table| table.name).collect();
    let mut made: Vec<_> = generations::names().collect();
    known.sort_unstable();
    made.sort_unstable();
    assert_eq!(known, made);
}

#[test]
fn actions_that_never_change_a_kind_are_found() {
    let error = Kinds::of(Severity::Error);
    let cases = [
        (Kind::Empty.into(), Action::Decode, Some(Kind::Empty.into())),
        (kinds(&[Kind::Encoded, Kind::RawText]), Action::Decode, Some(Kind::RawText.into())),
        (error, Action::Decode, None),
        (error.and(Kind::NullValue.into()), Action::Decode, Some(Kind::NullValue.into())),
        (Kinds::of(Severity::Notice), Action::Replace, Some(Kinds::of(Severity::Notice))),
        (Kind::NonFinite.into(), Action::Replace, None),
        (Kind::NullValue.into(), Action::Null, Some(Kind::NullValue.into())),
        (Kinds::flagged(), Action::String, None),
        (kinds(&[Kind::NotText, Kind::RawText]), Action::String, Some(Kind::NotText.into())),
        (kinds(&[Kind::NotText, Kind::RawText]), Action::Skip, None),
        (Kind::DoubleEncoded.into(), Action::String, Some(Kind::DoubleEncoded.into())),
        (kinds(&[Kind::BareReference, Kind::NonFinite]), Action::Reference, Some(Kind::NonFinite.into())),
    ];
    for (kinds, action, idle) in cases {
        let doubt = rules(vec![rule(Conditions { kinds, ..any() }, action)]).doubt(0, AIRFLOW);
        assert_eq!(doubt, idle.map(Doubt::Idle), "{action:?} {kinds:?}");
    }
}

fn some_globs(alphabet: &'static str) -> impl Strategy<Value = Option<Globs>> {
    let glob = alphabet.prop_map(|glob| Glob::new(&glob).unwrap());
    option::weighted(0.3, vec(glob, 1..3).prop_map(Globs::new))
}

fn some_moment() -> impl Strategy<Value = Option<Moment>> {
    option::weighted(0.3, (0..4_i64).prop_map(Moment))
}

fn some_kinds() -> impl Strategy<Value = Kinds> {
    let few = sample::subsequence(vec![None, Some(Kind::RawText), Some(Kind::NullValue), Some(Kind::NonFinite)], 1..=3);
    prop_oneof![
        2 => few.prop_map(|few| {
            few.into_iter().fold(Kinds::NONE, |set, kind| set.and(kind.map_or(Kinds::READABLE, Kinds::from)))
        }),
        1 => Just(Kinds::flagged()),
        1 => Just(Kinds::of(Severity::Error)),
    ]
}

fn conditions() -> impl Strategy<Value = Conditions> {
    let tables = sample::select(vec!["*", "own*", "task_*", "asset_*", "*_store", "task_state", "asset_state_store"]);
    let table = option::weighted(0.3, vec(tables, 1..3).prop_map(|names| globs(&names).unwrap()));
    let texts = ["a", "b"].map(|text| Pattern::new(text).unwrap()).to_vec();
    let text = option::weighted(0.2, sample::select(texts));
    let names = (some_globs("[ab*?]{1,2}"), some_globs("[ab*]{1,2}"), some_globs("[ab?]{1,2}"), some_globs("[12*]"));
    let times = (some_moment(), some_moment());
    (some_kinds(), table, names, text, times).prop_map(|(kinds, table, names, text, times)| {
        let ((dag, task, key, asset), (written_before, written_after)) = (names, times);
        Conditions { kinds, table, dag, task, key, asset, text, written_before, written_after }
    })
}

/// The tables of Airflow, and some of a user's own.
fn tables() -> Vec<Known<'static>> {
    let own = |name, reader, dag, time| {
        let tells = Tells { dag, task: false, asset: dag, key: !dag, time };
        Known { name, reader, tells }
    };
    [AIRFLOW, &[own("own_store", Reader::Rfc8259, true, false), own("task_own", Reader::JsonLoads, false, true)]]
        .concat()
}

/// A row that there can be: one of tasks in a table of tasks, one of assets in a table of assets.
#[derive(Clone, Debug)]
struct MadeUp {
    kind: Option<Kind>,
    table: Known<'static>,
    names: [String; 4],
    value: String,
    written_at: Option<Moment>,
}

fn made_up() -> impl Strategy<Value = MadeUp> {
    let kinds = [None, Some(Kind::RawText), Some(Kind::NullValue), Some(Kind::Empty), Some(Kind::NonFinite)];
    let kind = sample::select(kinds.to_vec());
    let names = ["[ab]{1,2}", "[ab]{1,2}", "[ab]{1,2}", "[12]"];
    let written_at = option::weighted(0.9, (0..4_i64).prop_map(Moment));
    (kind, sample::select(tables()), names, "[ab]{0,2}", written_at).prop_map(
        |(kind, table, names, value, written_at)| {
            let kind = kind.filter(|kind| table.reader.meets(*kind));
            MadeUp { kind, table, names, value, written_at }
        },
    )
}

impl MadeUp {
    fn row(&self) -> Row<'_> {
        let [dag, task, key, asset] = &self.names;
        let Tells { dag: of_dag, task: of_task, asset: of_asset, key: has_key, time } = self.table.tells;
        let owner =
            Owner { dag: of_dag.then_some(dag), task: of_task.then_some(task), asset: of_asset.then_some(asset) };
        Row {
            kind: self.kind,
            table: self.table.name,
            reader: self.table.reader,
            owner,
            key: has_key.then_some(key),
            value: self.value.as_bytes(),
            written_at: self.written_at.filter(|_| time),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_rule_that_is_said_never_to_take_a_row_decides_about_none(
        conditions in vec(conditions(), 1..5),
        rows in vec(made_up(), 24),
    ) {
        let rules = taking(&conditions);
        for row in &rows {
            if let (RuleRef::Rule(index), _) = rules.decide(&row.row()) {
                let doubt = rules.doubt(index, &tables());
                prop_assert!(!doubt.as_ref().is_some_and(Doubt::is_never_taken), "{doubt:?} {row:?}");
            }
        }
    }

    #[test]
    fn what_nobody_needs_to_know_changes_no_decision(conditions in vec(conditions(), 1..4), row in made_up()) {
        let rules = taking(&conditions);
        let (known, mut less) = (row.row(), row.row());
        if !rules.needs_identity() {
            (less.owner, less.key) = (Owner::default(), None);
        }
        if !rules.needs_time() {
            less.written_at = None;
        }
        prop_assert_eq!(rules.decide(&known), rules.decide(&less));
    }

    #[test]
    fn rules_of_the_same_text_decide_the_same(
        one in vec(conditions(), 1..3),
        other in vec(conditions(), 1..3),
        row in made_up(),
    ) {
        let (one, other) = (taking(&one), taking(&other));
        if one.text() == other.text() {
            prop_assert_eq!(one.decide(&row.row()), other.decide(&row.row()));
        }
    }
}
