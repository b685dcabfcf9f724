//! A database in which every text wants to be something else: mark-up, a script, a formula, a link, a mention.

use crate::terminal::Folder;

/// What would like to be taken for something. Each has the mark `evil` in it, so that it is found again.
pub const TEXTS: [&str; 12] = [
    "<script>window.evil = 1</script>",
    "<img src=x onerror=\"window.evil = 2\">evil",
    "</script><script>window.evil = 3</script>",
    "</td></tr></table><h1>evil",
    "<!-- evil",
    "\u{202e}evil\u{2066}",
    "\u{1b}[31mevil\u{1b}[0m\r\n\u{7}",
    "=HYPERLINK(\"http://evil.example/\", \"evil\")",
    "@evil https://evil.example/ #1",
    "a|b\\|`evil`|``|",
    "{{ evil }}${evil}&lt;evil&#60;",
    "\u{5d0}\u{5d1}evil\u{300}\u{301}\u{302}",
];

/// Rows whose DAG, run, task, key and value are such a text each, and one whose value is very long.
pub fn database() -> Folder {
    let folder = Folder::with_database();
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let mut rows: Vec<String> = TEXTS
        .iter()
        .enumerate()
        .map(|(number, text)| {
            let text = quoted(text);
            format!("({}, 1, {text}, {number}, {text}, {text}, {text}, {text}, '2026-05-04 03:02:01')", 9_000 + number)
        })
        .collect();
    let long = format!("<script>window.evil = 5</script>{}", "<b>evil</b>".repeat(5_000_000 / 11));
    rows.push(format!("(9900, 1, 'long', 0, 'long', 'evil', 'evil', {}, '2026-05-04 03:02:01')", quoted(&long)));
    folder.execute(&format!(
        "DELETE FROM task_state_store; DELETE FROM asset_state_store;\n\
         INSERT INTO task_state_store \
         (id, dag_run_id, task_id, map_index, \"key\", dag_id, run_id, value, updated_at) VALUES {}",
        rows.join(", ")
    ));
    folder
}
