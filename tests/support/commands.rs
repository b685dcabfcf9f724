//! The commands of the program and what they take, from its own help, so that new ones are tested as soon as they are
//! there.
#![allow(dead_code, reason = "every test file uses another part of this")]

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

/// What a command takes, as its help says.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// The long name of an option; nothing for an argument that has its place.
    pub option: Option<String>,
    /// What its value is called in help, such as `FILE`; nothing for an option without one.
    pub value: Option<String>,
    /// The values that there are, if there is a list of them.
    pub choices: Vec<String>,
    /// Whether it may be left out.
    pub optional: bool,
}

/// The options of a command: `--url`.
pub fn options(command: &[String]) -> Vec<String> {
    parameters(command).into_iter().filter_map(|parameter| parameter.option).collect()
}

/// All that a command takes: arguments in their order, and then options.
pub fn parameters(command: &[String]) -> Vec<Parameter> {
    let words: Vec<&str> = command.iter().map(String::as_str).chain(["-h"]).collect();
    let help = statemend(&words).exits(0).stdout;
    let mut parameters: Vec<Parameter> =
        usage(&help, command).chain(entries(&help).iter().filter_map(|entry| option(entry))).collect();
    assert!(parameters.iter().any(|parameter| parameter.option.as_deref() == Some("--quiet")), "{parameters:?}");
    for parameter in parameters.iter_mut().filter(|parameter| parameter.option.is_none()) {
        let entry =
            entries(&help).into_iter().find(|entry| entry.contains(parameter.value.as_deref().expect("a name")));
        parameter.choices = choices(&entry.unwrap_or_default());
    }
    parameters
}

/// The arguments that the usage shows, such as `<RUN>` and `[DIR]`.
fn usage(help: &str, command: &[String]) -> impl Iterator<Item = Parameter> {
    let usage = help.lines().find_map(|line| line.strip_prefix("Usage: statemend ")).expect("a usage");
    let arguments = usage.split_whitespace().skip(command.len());
    arguments.filter(|word| !["[OPTIONS]", "<COMMAND>"].contains(word)).map(|word| Parameter {
        option: None,
        value: Some(word.trim_matches(['<', '>', '[', ']']).to_owned()),
        choices: Vec::new(),
        optional: word.starts_with('['),
    })
}

/// What help says of each option and argument, each in one line.
fn entries(help: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for line in help.lines() {
        let text = line.trim_start();
        let begins = line.starts_with(' ') && text.starts_with(['-', '<', '[']) && line.len() - text.len() < 10;
        match entries.last_mut() {
            _ if begins => entries.push(text.to_owned()),
            Some(entry) if !text.is_empty() && line.starts_with("    ") => *entry += &format!(" {text}"),
            _ => {}
        }
    }
    entries
}

fn option(entry: &str) -> Option<Parameter> {
    let (_, behind) = entry.split_once("--")?;
    let mut words = behind.split_whitespace();
    let name = words.next()?.trim_end_matches('.');
    let value = words.next().and_then(|word| word.strip_prefix('<')?.strip_suffix('>'));
    entry.starts_with('-').then(|| Parameter {
        option: Some(format!("--{name}")),
        value: value.map(str::to_owned),
        choices: choices(entry),
        optional: true,
    })
}

fn choices(entry: &str) -> Vec<String> {
    let listed = entry.split_once("[possible values: ").and_then(|(_, values)| values.split_once(']'));
    listed.map(|(values, _)| values.split(", ").map(str::to_owned).collect()).unwrap_or_default()
}
