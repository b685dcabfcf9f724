//! The HTML report in a real browser.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::hostile;
use crate::terminal::{Folder, URL};

/// A database with so many bad rows and nothing else.
pub fn database(bad: usize) -> Folder {
    let folder = Folder::with_tables();
    folder.execute(&format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {bad})
         INSERT INTO task_state_store (dag_run_id, task_id, map_index, \"key\", dag_id, run_id, value, updated_at)
         SELECT 1, 'task ' || (i % 7), i, 'key', 'dag ' || (i % 3), 'first', CASE i % 5 WHEN 0 THEN 'NaN' ELSE 'bad' END,
                datetime('2026-05-04', i || ' minutes')
         FROM n WHERE {bad} > 0"
    ));
    folder
}

fn page_of(bad: usize) -> (Folder, PathBuf) {
    let folder = database(bad);
    let page = page(&folder, &["--max-findings", "60000"]);
    (folder, page)
}

pub fn page(folder: &Folder, args: &[&str]) -> PathBuf {
    folder.run(&[&["scan", "--format", "html", "-o", "report.html", "--url", URL], args].concat());
    folder.file("report.html")
}

/// The texts of the elements that a selector takes.
pub fn texts(browser: &mut Browser, selector: &str) -> Vec<String> {
    let found = browser.eval(&format!("[...document.querySelectorAll('{selector}')].map(e => e.innerText)"));
    serde_json::from_value(found).expect("texts")
}

pub fn text(browser: &mut Browser, selector: &str) -> String {
    texts(browser, selector).join("\n")
}

pub fn count(browser: &mut Browser, selector: &str) -> u64 {
    browser.eval(&format!("document.querySelectorAll('{selector}').length")).as_u64().expect("a number")
}

/// Fills in a field as a person does, as far as the page can tell.
pub fn set(browser: &mut Browser, field: &str, value: &str) {
    browser.eval(&format!(
        "(field => {{ field.value = {}; field.dispatchEvent(new Event('input', {{bubbles: true}})); }})
         (document.querySelector('form').elements['{field}'])",
        json!(value)
    ));
}

#[track_caller]
pub fn is_quiet(browser: &mut Browser) {
    assert_eq!(browser.complaints(), [""; 0]);
    let requests = browser.requests();
    assert!(matches!(requests.as_slice(), [page] if page.ends_with("report.html\"")), "{requests:?}");
}

#[test]
fn a_page_without_findings_says_that_all_is_well() {
    let (_folder, page) = page_of(0);
    let mut browser = Browser::start();
    browser.open(&page);
    assert_eq!(text(&mut browser, "h1"), "There are no rows to read.");
    assert_eq!(count(&mut browser, ".verdict.good"), 1);
    assert_eq!((count(&mut browser, "#findings table"), count(&mut browser, "pre")), (0, 0));
    is_quiet(&mut browser);
}

#[test]
fn a_page_with_one_finding_has_one_row_and_the_command_to_run_next() {
    let (_folder, page) = page_of(1);
    let mut browser = Browser::start();
    browser.open(&page);
    assert_eq!(text(&mut browser, "h1"), "1 of 1 row cannot be read by Airflow; 1 list is unreadable because of it.");
    assert_eq!(text(&mut browser, "#findings .name"), "dag 1/first/task 1[1] · key");
    assert_eq!(text(&mut browser, "nav output"), "1 to 1 of 1");
    assert_eq!(text(&mut browser, "pre"), format!("statemend repair --url {URL}"));
    is_quiet(&mut browser);
}

#[test]
fn fifty_thousand_findings_are_searched_sorted_and_paged() {
    let (_folder, page) = page_of(50_000);
    let mut browser = Browser::start();
    browser.open(&page);
    let shown = |browser: &mut Browser| text(browser, "nav output");
    assert_eq!(shown(&mut browser), "1 to 100 of 50,000");
    assert_eq!(count(&mut browser, "#findings tbody tr"), 100);
    browser.eval("document.querySelector('[name=next]').click()");
    assert_eq!(shown(&mut browser), "101 to 200 of 50,000");

    set(&mut browser, "severity", "warning");
    assert_eq!(shown(&mut browser), "1 to 100 of 10,000, of 50,000 in all");
    set(&mut browser, "text", "NON_finite 'dag 1'/first/TASK 2[".replace('\'', "").as_str());
    assert_eq!(shown(&mut browser), "1 to 100 of 476, of 50,000 in all");
    set(&mut browser, "text", "no such thing");
    assert_eq!(shown(&mut browser), "No row fits, of 50,000 in all");
    assert_eq!(count(&mut browser, "#findings tbody tr"), 0);
    set(&mut browser, "text", "");
    set(&mut browser, "severity", "");

    let click = "document.querySelector('th[data-by=written_at] button').click()";
    browser.eval(click);
    assert_eq!(text(&mut browser, "#findings tbody tr:first-child .written"), "2026-05-04 00:01:00 UTC");
    browser.eval(click);
    assert_eq!(text(&mut browser, "#findings tbody tr:first-child .written"), "2026-06-07 17:20:00 UTC");
    let sorted = browser.eval("document.querySelector('th[data-by=written_at]').getAttribute('aria-sort')");
    assert_eq!(sorted, "descending");
    is_quiet(&mut browser);
}

#[test]
fn a_check_marks_what_is_new_and_can_show_it_alone() {
    let folder = database(300);
    let check = ["check", "--state", "state.json", "--format", "html", "-o", "report.html", "--url", URL];
    folder.run(&check).exits(10);
    folder.execute("UPDATE task_state_store SET value = 'worse' WHERE id IN (7, 8)");
    folder.execute("DELETE FROM task_state_store WHERE id = 9");
    folder.run(&check).exits(10);
    let mut browser = Browser::start();
    browser.open(&folder.file("report.html"));
    assert!(text(&mut browser, "h1").ends_with("2 findings are new since the last check; 1 is gone."));
    let compared = text(&mut browser, ".compared");
    assert!(compared.contains("2 new (2 in place of another bad value), 297 still there and 1 gone"), "{compared}");
    set(&mut browser, "novelty", "new");
    assert_eq!(text(&mut browser, "nav output"), "1 to 2 of 2, of 299 in all");
    assert_eq!(texts(&mut browser, "#findings .novelty"), ["new", "new"]);
    is_quiet(&mut browser);
}

#[test]
fn stored_texts_do_nothing_to_the_page() {
    let folder = hostile::database();
    let page = page(&folder, &["--show-values"]);
    assert!(page.metadata().expect("the page is there").len() < 1_000_000, "a long value is cut");
    let mut browser = Browser::start();
    browser.open(&page);
    is_quiet(&mut browser);
    assert_eq!(browser.eval("window.evil ?? null"), Value::Null);
    assert_eq!(count(&mut browser, "#findings tbody tr"), hostile::TEXTS.len() as u64 + 1);
    assert_eq!(count(&mut browser, "script"), 2);
    assert_eq!(count(&mut browser, "h1"), 1);
    assert_eq!(count(&mut browser, "b, img, iframe, object, embed, a, link:not([href=\"data:,\"])"), 0);
    let values = texts(&mut browser, "#findings .value");
    assert_eq!(values[0], hostile::TEXTS[0], "the text itself is shown");
    assert_eq!(values[5], r"\u202eevil\u2066", "what turns lines round is shown as an escape");
    assert!(values[12].ends_with('…'), "{}", values[12].len());
    let names = texts(&mut browser, "#findings .name");
    assert!(names[1].starts_with(hostile::TEXTS[1]), "{}", names[1]);
}

#[test]
fn values_are_not_in_the_page_unless_they_were_asked_for() {
    let folder = hostile::database();
    let page = std::fs::read_to_string(page(&folder, &[])).expect("the page is there");
    assert!(!page.contains("window.evil = 5"), "the long value is only a value, and not a name");
    assert!(page.contains("Stored values are not in this file."));
}

#[test]
fn the_page_is_complete_where_scripts_do_not_run() {
    let (_folder, page) = page_of(1_000);
    let mut browser = Browser::start();
    browser.call("Emulation.setScriptExecutionDisabled", json!({"value": true}));
    browser.open(&page);
    let document = browser.call("DOM.getDocument", json!({"depth": 0}))["root"]["nodeId"].clone();
    let rows = json!({"nodeId": document, "selector": "#findings tbody tr"});
    assert_eq!(browser.call("DOM.querySelectorAll", rows)["nodeIds"].as_array().map(Vec::len), Some(1_000));
    let shown = |browser: &mut Browser, selector: &str| {
        let node =
            browser.call("DOM.querySelector", json!({"nodeId": document, "selector": selector}))["nodeId"].clone();
        let style = browser.call("CSS.getComputedStyleForNode", json!({"nodeId": node}))["computedStyle"].clone();
        let display = style.as_array().into_iter().flatten().find(|property| property["name"] == "display");
        display.is_some_and(|display| display["value"] != "none")
    };
    browser.call("CSS.enable", json!({}));
    assert!(!shown(&mut browser, "#findings form") && !shown(&mut browser, "#findings nav"));
    assert!(shown(&mut browser, "#findings table") && shown(&mut browser, ".histogram"));
}
