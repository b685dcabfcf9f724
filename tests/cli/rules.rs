use insta::assert_snapshot;

use crate::terminal::Folder;

const RULES: &str = r#"version = 1
default = "kind"        # or an action for everything that no rule takes

[[rule]]
name = "references of the S3 backend"
kind = ["bare_reference", "stale_reference"]
dag = "sales_*"
action = "reference"

[[rule]]
kind = "python_literal"
written_before = 2026-05-25T00:00:00Z
action = "decode"

[[rule]]
name = "pickles"
kind = "encoded"
text = "^gAS"
action = "skip"
"#;

const DOUBTFUL: &str = r#"version = 1
default = "skip"

[[rule]]
kind = "error"
written_before = 2026-05-25T00:00:00Z
action = "string"

[[rule]]
kind = ["raw_text", "broken_json"]
dag = "sales_*"
key = ["status", "state"]
written_before = 2026-05-01T00:00:00.5Z
action = "skip"

[[rule]]
kind = ["warning", "empty"]
action = "decode"

[[rule]]
kind = "stale_reference"
action = "skip"

[[rule]]
kind = "notice"
table = "task_*"
asset = 7
action = "decode"

[[rule]]
name = "legacy"
kind = ["readable", "notice"]
written_after = 2026-05-25T00:00:00Z
written_before = 2026-05-04T00:00:00Z
action = "string"

[[rule]]
asset = ["7", "1?"]
task = "load"
action = "none"

[[rule]]
table = "xcom"
action = "none"

[[rule]]
kind = "non_finite"
action = "null"

[[rule]]
kind = ["python_literal", "warning"]
action = "none"
"#;

const WRONG: &str = r#"default = "strin"

[settings]
legacy = true

[[rule]]
nam = "x"
kind = ["raw_txt", "errors", "banana"]
dag = []
	task = "[ab]"
text = "naïve ("
written_before = 2026-05-25
action = "strng"

[[rule]]
kind = "error"

[[rule]]
kind = ["readable"]
action = "string"

[[rule]]
kind = "readable"
action = "decode"
default = "skip"
"#;

/// The example on the page about targets, with a target and rules that are about it in vain.
fn targets() -> String {
    let page = include_str!("../../docs/targets.md");
    let example = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    format!(
        "{example}
[[target]]
table = \"copies\"
key = \"id\"
value = \"text\"
reader = \"airflow\"

[[rule]]
table = \"xcom_archive\"
asset = 7
action = \"skip\"

[[rule]]
table = \"xcom_archive\"
kind = \"null_value\"
action = \"skip\"

[[rule]]
table = \"copies\"
written_before = 2026-05-25T00:00:00Z
action = \"skip\"
"
    )
}

#[test]
fn targets_are_told_in_sentences_and_rules_held_against_them() {
    let folder = Folder::empty();
    folder.write("rules.toml", &targets());
    assert_snapshot!("rules_check_targets", folder.run(&["rules", "check", "rules.toml"]).exits(0).stdout);
    let json = folder.run(&["rules", "check", "rules.toml", "--format", "json"]).exits(0).json();
    assert_eq!((&json["targets"][0]["reader"], &json["targets"][1]["line"]), (&"jsonb".into(), &17.into()));
}

#[test]
fn rules_are_told_in_sentences() {
    let folder = Folder::empty();
    folder.write("rules.toml", RULES);
    assert_snapshot!("rules_check", folder.run(&["rules", "check", "rules.toml"]).exits(0).stdout);
    let json = folder.run(&["rules", "check", "rules.toml", "--format", "json"]).exits(0);
    assert_eq!(json.json()["warnings"], 0);
    assert_snapshot!("rules_check_json", json.stdout);
    folder.write("none.toml", "version = 1\n");
    assert_snapshot!("rules_check_none", folder.run(&["rules", "check", "none.toml"]).exits(0).stdout);
}

#[test]
fn rules_that_never_apply_are_warned_of() {
    let folder = Folder::empty();
    folder.write("rules.toml", DOUBTFUL);
    assert_snapshot!("rules_check_warnings", folder.run(&["rules", "check", "rules.toml"]).exits(0).stdout);
}

#[test]
fn a_wrong_file_is_told_with_every_mistake_in_it() {
    let folder = Folder::empty();
    folder.write("rules.toml", WRONG);
    folder.write("broken.toml", "version = 1\n[[rule]\naction = \"skip\"\n");
    folder.write("newer.toml", "version = 2\n[[target]]\ntable = \"my_state\"\n");
    let check = |file: &str| {
        let ran = folder.run(&["rules", "check", file]).exits(2);
        assert_eq!(ran.stdout, "");
        ran.stderr
    };
    assert_snapshot!("rules_wrong", ["rules.toml", "broken.toml", "newer.toml", "absent.toml"].map(check).join("\n"));
}

#[test]
fn a_file_that_is_wrong_empties_no_report() {
    let folder = Folder::empty();
    folder.write("rules.toml", "version = 0\n");
    folder.write("report.txt", "the last one");
    folder.run(&["rules", "check", "rules.toml", "-o", "report.txt"]).exits(2);
    folder.write("rules.toml", "version = 1\n");
    folder.run(&["rules", "check", "rules.toml", "-o", "report.txt"]).exits(0);
}
