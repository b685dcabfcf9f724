//! What is made from the definition of the command line: completions, in a real shell, and manual pages.

use std::fs;
use std::process::Command;

use crate::commands::{commands, options};
use crate::terminal::Folder;

/// Sources what completes `statemend` and prints, for each line of standard input, what it offers behind the last word.
const COMPLETE: &str = r#"
source completions.bash
while read -ra COMP_WORDS; do
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    COMPREPLY=()
    _statemend statemend "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
    echo "${COMPREPLY[@]}"
done < lines
complete -p statemend
"#;

#[test]
fn bash_completes_every_command_and_every_option() {
    let folder = Folder::empty();
    folder.write("completions.bash", &folder.run(&["completions", "bash"]).exits(0).stdout);
    let commands = commands();
    let typed = |command: &Vec<String>| format!("statemend {}\nstatemend {0} --\n", command.join(" "));
    folder.write("lines", &commands.iter().map(typed).collect::<String>());
    let mut bash = folder.prepared(Command::new("bash"));
    let seen = bash.args(["--norc", "-c", COMPLETE]).output().expect("bash is there");
    assert!(seen.status.success() && seen.stderr.is_empty(), "{seen:?}");
    let offers = String::from_utf8(seen.stdout).expect("text");
    let mut offers = offers.lines();
    for command in &commands {
        let mut offered = || offers.next().expect("an offer").split(' ').collect::<Vec<_>>();
        let name = command.last().expect("a name").as_str();
        assert!(offered().contains(&name), "{command:?}");
        let offered = offered();
        for option in options(command) {
            assert!(offered.contains(&option.as_str()), "{command:?} {option}: {offered:?}");
        }
    }
    assert!(offers.next().is_some_and(|complete| complete.contains("_statemend")));
}

#[test]
fn other_shells_are_told_of_every_command() {
    let folder = Folder::empty();
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let script = folder.run(&["completions", shell]).exits(0).stdout;
        for command in commands() {
            let name = command.last().expect("a name");
            assert!(script.contains(name), "{shell} knows no {name}");
        }
    }
    folder.run(&["completions", "cmd"]).exits(2);
}

#[test]
fn every_command_has_a_page_that_tells_every_option() {
    let folder = Folder::empty();
    folder.run(&["man", "share/man1"]).exits(0);
    let mut pages: Vec<String> = fs::read_dir(folder.file("share/man1"))
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("text"))
        .collect();
    pages.sort();
    let page = |command: &Vec<String>| [&["statemend".to_owned()], &command[..]].concat().join("-") + ".1";
    let mut expected: Vec<String> = [vec![]].iter().chain(&commands()).map(page).collect();
    expected.sort();
    assert_eq!(pages, expected);
    for command in commands() {
        let text = typeset(&folder, &format!("share/man1/{}", page(&command)));
        assert!(text.contains(&format!("statemend {}", command.join(" "))), "{text}");
        for option in options(&command) {
            assert!(text.contains(&option), "{option} is missing:\n{text}");
        }
    }
}

#[test]
fn the_page_of_the_program_goes_to_standard_output() {
    let folder = Folder::empty();
    folder.write("page.1", &folder.run(&["man"]).exits(0).stdout);
    let text = typeset(&folder, "page.1");
    for word in ["NAME", "statemend-rules(1)", "another run or check is at work"] {
        assert!(text.contains(word), "{text}");
    }
}

/// A page as `man` shows it, in lines that are long enough for everything. Doubtful markup fails.
fn typeset(folder: &Folder, page: &str) -> String {
    let mut groff = folder.prepared(Command::new("groff"));
    let seen = groff.args(["-man", "-ww", "-Kutf8", "-Tutf8", "-P-cbou", "-rLL=1000n", page]);
    let seen = seen.output().expect("groff is there");
    assert!(seen.status.success() && seen.stderr.is_empty(), "{page}: {}", String::from_utf8_lossy(&seen.stderr));
    String::from_utf8(seen.stdout).expect("text")
}
