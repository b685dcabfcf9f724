//! How the pages of all commands look: in both themes, on a narrow screen, and on paper.

use std::process::Command;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::json;

use crate::browser::Browser;
use crate::hostile;
use crate::page::{count, database, is_quiet, page, text, texts};
use crate::terminal::{Folder, URL};

/// A page of each command that makes one, with what it is about. The folder holds it as `report.html`.
fn pages() -> Vec<(&'static str, Folder)> {
    vec![
        ("scan", scan()),
        ("repair", of(Folder::with_database(), &["repair", "--yes"])),
        ("dry run", of(Folder::with_database(), &["repair", "--dry-run", "--show-values"])),
        ("undo", undo()),
        ("first check", of(Folder::with_database(), CHECK)),
        ("check", check()),
        ("carry", of(Folder::with_older_tables(), &["carry", "--yes"])),
        ("dry run of a carry", of(Folder::with_older_tables(), &["carry", "--dry-run"])),
    ]
}

const CHECK: &[&str] = &["check", "--state", "state.json"];

/// Writes the page of a command.
fn of(folder: Folder, command: &[&str]) -> Folder {
    let ran = folder.run(&[command, &["--format", "html", "-o", "report.html", "--url", URL]].concat());
    assert!(folder.file("report.html").exists(), "{}", ran.stderr);
    folder
}

fn scan() -> Folder {
    let folder = hostile::database();
    page(&folder, &["--show-values"]);
    folder
}

fn undo() -> Folder {
    let folder = of(Folder::with_database(), &["repair", "--yes"]);
    folder.execute("UPDATE task_state_store SET value = '\"mine\"' WHERE id = 5401");
    let runs = folder.run(&["runs", "--format", "json", "--url", URL]).json();
    let run = runs["runs"][0]["run_id"].as_str().expect("a run").to_owned();
    of(folder, &["undo", &run, "--yes"])
}

/// The check behind a night in which one bad row has become another, one has been mended, one deleted, and one has come.
fn check() -> Folder {
    let folder = of(Folder::with_database(), CHECK);
    folder.execute("UPDATE task_state_store SET value = 'worse' WHERE id = 5401");
    folder.execute("UPDATE task_state_store SET value = '1' WHERE id = 5402");
    folder.execute("DELETE FROM task_state_store WHERE id = 5403");
    folder.execute("UPDATE task_state_store SET value = 'new' WHERE id = 1");
    of(folder, CHECK)
}

/// Gives the texts that are too pale for what is behind them, by the measure of WCAG 2.2, success criterion 1.4.3.
const TOO_PALE: &str = "(() => {
    const shine = color => {
        const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map(Number)
            .map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = element => {
        const color = getComputedStyle(element).backgroundColor;
        return color === 'rgba(0, 0, 0, 0)' ? behind(element.parentElement) : color;
    };
    const pale = element => {
        const own = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
        if (!own || !element.checkVisibility()) return false;
        const [a, b] = [getComputedStyle(element).color, behind(element)].map(shine).sort((a, b) => b - a);
        return (a + 0.05) / (b + 0.05) < 4.5;
    };
    return [...document.body.querySelectorAll('*')].filter(pale).map(element => element.outerHTML.slice(0, 200));
})()";

fn prefer(browser: &mut Browser, theme: &str) {
    let features = json!([{"name": "prefers-color-scheme", "value": theme}]);
    browser.call("Emulation.setEmulatedMedia", json!({"features": features}));
}

#[test]
fn every_text_can_be_read_in_both_themes() {
    let mut browser = Browser::start();
    let background = |browser: &mut Browser| browser.eval("getComputedStyle(document.documentElement).backgroundColor");
    for (name, folder) in pages() {
        browser.open(&folder.file("report.html"));
        prefer(&mut browser, "light");
        let light = background(&mut browser);
        assert_eq!(browser.eval(TOO_PALE), json!([]), "{name}");
        prefer(&mut browser, "dark");
        assert_ne!(background(&mut browser), light);
        assert_eq!(browser.eval(TOO_PALE), json!([]), "{name} in the dark");
        browser.eval("document.getElementById('light').click()");
        assert_eq!(background(&mut browser), light, "the page's own switch counts for more than the system's");
        is_quiet(&mut browser);
    }
}

/// What does not fit on the screen, or only by moving it sideways.
const TOO_WIDE: &str = "[document.documentElement, ...document.querySelectorAll('.scroll')]
    .filter(element => element.scrollWidth > element.clientWidth).map(element => element.outerHTML.slice(0, 200))";

#[test]
fn a_narrow_screen_has_nothing_beside_it() {
    let mut browser = Browser::start();
    for width in [360, 390] {
        let screen = json!({"width": width, "height": 800, "deviceScaleFactor": 2, "mobile": true});
        browser.call("Emulation.setDeviceMetricsOverride", screen);
        for (name, folder) in pages() {
            browser.open(&folder.file("report.html"));
            assert_eq!(browser.eval("document.documentElement.scrollWidth"), width, "{name}");
            assert_eq!(browser.eval(TOO_WIDE), json!([]), "{name} on {width}");
            is_quiet(&mut browser);
        }
    }
}

#[test]
fn the_page_of_a_check_has_what_is_new_and_gone_and_the_trend() {
    let folder = check();
    let mut browser = Browser::start();
    browser.open(&folder.file("report.html"));
    let compared = text(&mut browser, ".compared");
    assert!(compared.contains("2 new (1 in place of another bad value)"), "{compared}");
    assert!(compared.contains("2 gone (1 reads well now and 1 deleted or expired)"), "{compared}");
    assert_eq!(count(&mut browser, "table.bars.stack tbody tr"), 2, "this check and the one before");
    let trend = text(&mut browser, "table.bars.stack tbody tr:last-child");
    assert!(trend.ends_with("\t2\t2"), "{trend}");
    let first = ["#findings tbody tr:nth-child(-n+2) .novelty", "#findings tbody tr:nth-child(3) .novelty"];
    assert_eq!(first.map(|selector| text(&mut browser, selector)), ["new\nnew", ""], "what is new comes first");
}

#[test]
fn the_page_of_a_carry_has_its_own_numbers() {
    let folder = of(Folder::with_older_tables(), &["carry", "--dry-run"]);
    let mut browser = Browser::start();
    browser.open(&folder.file("report.html"));
    let heads = texts(&mut browser, "section table.stack thead th");
    let own = ["To be carried", "Of those to be mended", "There already", "To be left", "Of those names taken"];
    assert!(own.iter().all(|own| heads.iter().any(|head| head == own)), "{heads:?}");
    let rows = texts(&mut browser, "section table.stack tbody tr");
    assert!(rows[0].starts_with("task_state → task_state_store\t4\t"), "{rows:?}");
    assert!(rows[0].ends_with("\t3\t2\t0\t1\t1\t0"), "{rows:?}");
    assert_eq!(text(&mut browser, "#findings tbody tr:first-child .severity"), "left");
    assert_eq!(text(&mut browser, "pre"), format!("statemend carry --url {URL}"));
}

/// What stands on paper, without white space: cells break names into lines.
fn printed(browser: &mut Browser, folder: &Folder) -> String {
    let printed = browser.call("Page.printToPDF", json!({}));
    let printed = BASE64_STANDARD.decode(printed["data"].as_str().expect("a document")).expect("base64");
    std::fs::write(folder.file("report.pdf"), printed).expect("write a file");
    let read = Command::new("pdftotext").arg(folder.file("report.pdf")).arg("-").output().expect("pdftotext starts");
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    String::from_utf8_lossy(&read.stdout).split_whitespace().collect()
}

#[test]
fn paper_gets_every_finding_of_the_list_and_no_controls() {
    let folder = database(300);
    let mut browser = Browser::start();
    browser.open(&page(&folder, &[]));
    let paper = printed(&mut browser, &folder);
    let mut rows: Vec<_> = (1..=300).map(|id| format!("dag{}/first/task{}[{id}]·key", id % 3, id % 7)).collect();
    rows.retain(|row| !paper.contains(row));
    assert_eq!(rows, [""; 0], "not on paper");
    assert!(paper.contains("300rows.Storedvaluesarenotinthisfile."), "{paper}");
    assert!(["Search", "AutoLight", "Previous"].iter().all(|control| !paper.contains(control)));
}

#[test]
fn paper_has_what_a_screen_has_to_unfold() {
    let folder = of(Folder::with_database(), &["repair", "--dry-run", "--show-values"]);
    let mut browser = Browser::start();
    browser.open(&folder.file("report.html"));
    prefer(&mut browser, "dark");
    let said: String = text(&mut browser, "details .panel").split_whitespace().collect();
    assert_eq!(said, "", "it is folded on the screen");
    let paper = printed(&mut browser, &folder);
    assert!(paper.matches("Whentheywerelastwritten").count() > 1, "{paper}");
}
