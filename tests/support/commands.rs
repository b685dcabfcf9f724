//! The commands of the program, from its own help, so that a new one is tested as soon as it is there.

use crate::statemend::statemend;

/// Every command with the words that lead to it, such as `["rules", "check"]`, behind the command that it belongs to.
pub fn commands() -> Vec<Vec<String>> {
    let commands = below(&[]);
    assert!(commands.len() >= 10, "{commands:?}");
    commands
}

fn below(path: &[&str]) -> Vec<Vec<String>> {
    let help = statemend(&[path, &["--help"]].concat()).exits(0).stdout;
    let mut commands = Vec::new();
    for name in listed(&help) {
        let path = [path, &[name]].concat();
        commands.push(path.iter().map(|&word| word.to_owned()).collect());
        commands.extend(below(&path));
    }
    commands
}

fn listed(help: &str) -> impl Iterator<Item = &str> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    // A line that is indented further goes on with the description above.
    let names = listed.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != "help")
}

/// The long options of a command, as its help lists them: `--url`.
pub fn options(command: &[String]) -> Vec<String> {
    let words: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
    let help = statemend(&words).exits(0).stdout;
    let word = |line: &str| {
        let (_, name) = line.trim_start().strip_prefix('-')?.split_once("--").or_else(|| line.split_once("--"))?;
        let end = name.find(|char: char| !char.is_ascii_alphanumeric() && char != '-').unwrap_or(name.len());
        Some(format!("--{}", &name[..end]))
    };
    let options: Vec<String> =
        help.lines().filter(|line| line.trim_start().starts_with('-')).filter_map(word).collect();
    assert!(options.contains(&"--quiet".to_owned()), "{options:?}");
    options
}
