use super::*;
use crate::domain::finding::{Action, Kind, Severity};
use crate::domain::reader::Reader;
use crate::domain::rules::{Conditions, Glob, Globs, Kinds, Moment, Name, Pattern};

/// 2026-05-25T00:00:00Z.
const MAY_25: i64 = 1_779_667_200_000_000;

fn parse(text: &str) -> RulesFile {
    RulesFile::parse(text).unwrap_or_else(|mistakes| panic!("{text}\n{mistakes:?}"))
}

/// The conditions and the action of the only rule.
fn only(fields: &str) -> (Conditions, Action) {
    let file = parse(&format!("version = 1\n[[rule]]\n{fields}\n"));
    let [rule] = file.rules.rules.as_slice() else { panic!("{fields}") };
    (rule.conditions().clone(), rule.action())
}

fn globs(globs: &[&str]) -> Option<Globs> {
    Some(Globs::new(globs.iter().map(|glob| Glob::new(glob).unwrap()).collect()))
}

#[test]
fn each_field_becomes_a_condition() {
    let any = Conditions::default;
    let moment = Some(Moment(MAY_25));
    let cases = [
        ("", any()),
        (r#"kind = "raw_text""#, Conditions { kinds: Kind::RawText.into(), ..any() }),
        (r#"kind = ["raw_text", "error"]"#, Conditions { kinds: Kinds::of(Severity::Error), ..any() }),
        (r#"kind = ["error", "warning", "notice"]"#, any()),
        (r#"kind = ["readable"]"#, Conditions { kinds: Kinds::READABLE, ..any() }),
        (r#"table = "task_*""#, Conditions { table: globs(&["task_*"]), ..any() }),
        (r#"dag = ["b", "a"]"#, Conditions { dag: globs(&["a", "b"]), ..any() }),
        (r"task = 'a\*'", Conditions { task: globs(&[r"a\*"]), ..any() }),
        (r#"key = "a\\*""#, Conditions { key: globs(&[r"a\*"]), ..any() }),
        ("asset = 7", Conditions { asset: globs(&["7"]), ..any() }),
        (r#"asset = [7, "8?"]"#, Conditions { asset: globs(&["7", "8?"]), ..any() }),
        (r"text = '^s3://\w+'", Conditions { text: Pattern::new(r"^s3://\w+").ok(), ..any() }),
        ("written_before = 2026-05-25T00:00:00Z", Conditions { written_before: moment, ..any() }),
        ("written_before = 2026-05-25 00:00:00+00:00", Conditions { written_before: moment, ..any() }),
        (r#"written_after = "2026-05-25T00:00:00Z""#, Conditions { written_after: moment, ..any() }),
        (
            "written_after = 2026-05-25T00:00:00.0000001Z",
            Conditions { written_after: Some(Moment(MAY_25 + 1)), ..any() },
        ),
    ];
    for (field, expected) in cases {
        assert_eq!(only(&format!("{field}\naction = \"skip\"")), (expected, Action::Skip), "{field}");
    }
}

#[test]
fn every_action_and_every_kind_may_be_named() {
    for action in Action::ALL {
        let name = action.name();
        assert_eq!(only(&format!("action = \"{name}\"")).1, *action);
        assert_eq!(parse(&format!("version = 1\ndefault = \"{name}\"")).rules.default, Some(*action));
    }
    for kind in Kind::ALL {
        assert_eq!(only(&format!("kind = \"{kind}\"\naction = \"none\"")).0.kinds, Kinds::from(*kind));
    }
}

#[test]
fn rules_keep_their_order_their_names_and_their_lines() {
    let text = "version = 1\ndefault = \"kind\"\n\n[[rule]] # one\naction = \"skip\"\n\n[[rule]]\nname = \"é\"\naction = \"none\"";
    let RulesFile { rules, lines, .. } = parse(text);
    let names: Vec<_> = rules.rules.iter().map(|rule| rule.name().clone()).collect();
    assert_eq!(names, [Name::Number(1), Name::Given("é".to_owned())]);
    assert_eq!((lines.as_slice(), rules.default), (&[4, 7][..], None));
}

#[test]
fn a_file_without_rules_is_what_there_is_without_a_file() {
    for text in ["version = 1", "# Nothing.\nversion=1\ndefault='kind'", "version = 1\nrule = []"] {
        assert_eq!(parse(text).rules, Rules::default());
    }
}

#[test]
fn comments_form_and_names_do_not_change_the_text() {
    let one = "version = 1\n[[rule]]\nkind = 'empty'\ndag = ['a', 'b']\nwritten_before = 2026-05-25T00:00:00Z\naction = 'null'";
    let other = "version = 1 # the form\nrule = [{ action = \"null\", name = 'x', dag = [\"b\", 'a', 'b'], kind = ['empty'], \
                 written_before = 2026-05-25 00:00:00.000Z }]";
    assert_eq!(parse(one).rules.text(), parse(other).rules.text());
}

#[test]
fn a_target_says_what_there_is_of_a_table() {
    let text = "version = 1\n\n[[target]]\ntable = 'archive'\nkey = ['batch', 'id']\nvalue = 'payload'\n\
                identity = 'dag_id'\nwritten_at = 'stored_at'\nreader = 'jsonb'\n[[rule]]\naction = 'skip'\n\
                [[target]]\ntable = 'b'\nkey = 'id'\nvalue = 'v'\nreader = 'json.loads'";
    let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    let RulesFile { rules, own, own_lines, .. } = parse(text);
    let archive = Declared {
        table: "archive".to_owned(),
        key: names(&["batch", "id"]),
        value: "payload".to_owned(),
        identity: names(&["dag_id", "batch", "id"]),
        written_at: Some("stored_at".to_owned()),
        reader: Reader::Jsonb,
    };
    let least = Declared {
        table: "b".to_owned(),
        key: names(&["id"]),
        value: "v".to_owned(),
        identity: names(&["id"]),
        written_at: None,
        reader: Reader::JsonLoads,
    };
    assert_eq!((own, own_lines, rules.rules.len()), (vec![archive, least], vec![3, 12], 1));
}

#[test]
fn a_mistake_in_a_target_is_told_where_it_is() {
    let good = ["table = 'a'", "key = 'id'", "value = 'v'", "reader = 'jsonb'"];
    let cases = [
        ("table = ''", "''", "`table` is the name of a table, as a text"),
        ("table = 'statemend_change'", "'statemend_change'", "that is a table of statemend itself"),
        ("key = []", "[]", "`key` names one column at least"),
        ("key = ['id', 7]", "7", "`key` is the name of a column or a list of such names"),
        ("key = ['id', 'id']", "'id'", "`key` has this column already"),
        ("key = ['id', 'v']", "'v'", "the column of the value cannot be in `key`, too"),
        ("value = ['v']", "['v']", "`value` is the name of a column, as a text"),
        ("identity = 'v'", "'v'", "the column of the value cannot be in `identity`, too"),
        ("written_at = 1", "1", "`written_at` is the name of a column, as a text"),
        ("reader = 'json.load'", "'json.load'", "there is no reader `json.load`; did you mean `json.loads`?"),
        ("reader = 1", "1", "a reader is a text"),
        ("schema = 'x'", "schema", "a target has no field `schema`"),
        ("default = 'skip'", "default", "`default` belongs to the file: put it above the first `[[target]]`"),
    ];
    for (field, place, what) in cases {
        let (name, _) = field.split_once(' ').expect("a field");
        let others: Vec<_> = good.into_iter().filter(|other| !other.starts_with(&format!("{name} "))).collect();
        let text = format!("version = 1\n[[target]]\n{field}\n{}\n", others.join("\n"));
        assert_eq!(mistakes(&text), [(3, place, what.to_owned())], "{field}");
    }
    let lacking = |fields: &[&str]| format!("version = 1\n[[target]]\n{}", fields.join("\n"));
    for (left_out, what) in (0..).zip(["table", "key", "value", "reader"]) {
        let fields: Vec<_> = good.into_iter().enumerate().filter(|(index, _)| *index != left_out).collect();
        let text = lacking(&fields.into_iter().map(|(_, field)| field).collect::<Vec<_>>());
        assert_eq!(mistakes(&text), [(2, "[[target]]", format!("the target has no {what}"))]);
    }
    let target = lacking(&good).replacen("version = 1\n", "", 1);
    let twice = format!("version = 1\n{target}\n{target}");
    let what = "target 1 has this table already; another column of it belongs in a file and a run of its own";
    assert_eq!(mistakes(&twice), [(8, "'a'", what.to_owned())]);
    let list = "targets are a list: write `[[target]]` above each of them";
    assert_eq!(mistakes("version = 1\n[target]\ntable = 'a'"), [(2, "[target]", list.to_owned())]);
}

/// The places of the mistakes, as line and text, with what is said of them.
fn mistakes(text: &str) -> Vec<(usize, &str, String)> {
    let told = |mistake: Mistake| (mistake::line_of(text, mistake.span.start), &text[mistake.span], mistake.what);
    RulesFile::parse(text).err().unwrap_or_default().into_iter().map(told).collect()
}

#[test]
fn a_mistake_is_told_where_it_is() {
    let utc = "not a time in UTC such as 2026-05-25T00:00:00Z";
    let name = "the name of a rule is a text on one line, and not empty";
    let cases = [
        ("kind = []", "[]", "an empty list takes no row; without `kind` any will do"),
        ("kind = 'rawtext'", "'rawtext'", "there is no kind `rawtext`; did you mean `raw_text`?"),
        ("kind = 3", "3", "`kind` is a text or a list of texts"),
        ("dag = [['a']]", "['a']", "`dag` is a text or a list of texts"),
        ("dag = 7", "7", "`dag` is a text or a list of texts"),
        (
            "key = ['a', '{b,c}']",
            "'{b,c}'",
            "`{` means nothing in a glob: name alternatives as a list, or write `\\{` for the character itself",
        ),
        ("text = '['", "'['", "not a regular expression: unclosed character class"),
        ("text = ['a']", "['a']", "`text` is a regular expression, as a text"),
        ("written_before = 2026-05-25", "2026-05-25", utc),
        ("written_before = 2026-05-25T00:00:00", "2026-05-25T00:00:00", utc),
        ("written_before = 2026-05-25T00:00:00+02:00", "2026-05-25T00:00:00+02:00", utc),
        ("written_after = 'yesterday'", "'yesterday'", utc),
        ("written_after = 0", "0", utc),
        ("name = ''", "''", name),
        (r#"name = "a\nb""#, r#""a\nb""#, name),
        ("actions = 'skip'", "actions", "a rule has no field `actions`; did you mean `action`?"),
        ("default = 'skip'", "default", "`default` belongs to the file: put it above the first `[[rule]]`"),
    ];
    for (field, place, what) in cases {
        let text = format!("version = 1\n[[rule]]\n{field}\naction = \"skip\"\n");
        assert_eq!(mistakes(&text), [(3, place, what.to_owned())], "{field}");
    }
}

#[test]
fn the_file_has_mistakes_of_its_own() {
    let list = "rules are a list: write `[[rule]]` above each of them";
    let cases = [
        ("", (1, "", "the version is missing: begin the file with `version = 1`")),
        ("version = 0", (1, "0", "the version is a number, at present 1")),
        ("version = '1'", (1, "'1'", "the version is a number, at present 1")),
        ("version = 2\nx = 1", (1, "2", "made for a newer release; this one reads files up to version 1")),
        ("version = 1\ndefault = 'kinds'", (2, "'kinds'", "there is no default `kinds`; did you mean `kind`?")),
        ("version = 1\ndefault = 1", (2, "1", "the default is the name of an action, or `kind`")),
        ("version = 1\n[[rules]]", (2, "rules", "the file has no field `rules`; did you mean `rule`?")),
        ("version = 1\n[rule]\naction = 'skip'", (2, "[rule]", list)),
        ("version = 1\nrule = [1]", (2, "1", "a rule is a table: write `[[rule]]` above it")),
        ("version = 1\n[[rule]]\nkind = 'error'", (2, "[[rule]]", "the rule has no action")),
        ("version = 1\n[[rule]]\naction = 'remove'", (3, "'remove'", "there is no action `remove`")),
        ("version = 1\nversion = 1", (2, "version", "not TOML: duplicate key")),
    ];
    for (text, (line, place, what)) in cases {
        assert_eq!(mistakes(text), [(line, place, what.to_owned())], "{text}");
    }
}

#[test]
fn two_rules_of_one_name_are_a_mistake() {
    let rule = "[[rule]]\nname = 'a'\naction = 'skip'\n";
    assert_eq!(
        mistakes(&format!("version = 1\n{rule}{rule}")),
        [(6, "'a'", "rule 1 has this name already".to_owned())]
    );
}

#[test]
fn all_mistakes_are_told_in_their_order() {
    let text = "version = 1\n[[rule]]\naction = 'x'\nzeal = 1\nkind = ['a', 'error', 'b']\n[[rule]]\n";
    let lines: Vec<_> = mistakes(text).into_iter().map(|(line, place, _)| (line, place.to_owned())).collect();
    let expected = [(3, "'x'"), (4, "zeal"), (5, "'a'"), (5, "'b'"), (6, "[[rule]]")];
    assert_eq!(lines, expected.map(|(line, place)| (line, place.to_owned())));
}

#[test]
fn no_text_is_too_strange_to_be_told_about() {
    for text in [
        "\u{feff}",
        "é = 'é",
        "version = 1\nx = '''é\n",
        "version = 1\r\nkínd = 1",
        "\0",
        "[[[",
        "= 1",
        "a = \"\u{1b}[2J",
    ] {
        let mistakes = RulesFile::parse(text).expect_err(text);
        let shown = Mistakes { path: "rules.toml".into(), text: text.to_owned(), mistakes }.places().to_string();
        assert!(shown.contains("rules.toml:") && !shown.contains('\u{1b}'), "{shown}");
    }
}
