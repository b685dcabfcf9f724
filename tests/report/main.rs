//! The forms of a report, each looked at by someone else's program: pages by a browser, JSON by its schema, Markdown and
//! CSV by parsers of theirs.

#[path = "../support/environment.rs"]
mod environment;
#[path = "../support/statemend.rs"]
mod statemend;
#[path = "../support/mod.rs"]
mod support;
#[path = "../cli/terminal.rs"]
mod terminal;

mod browser;
mod hostile;
mod lists;
mod looks;
mod page;
mod python;
mod schema;
mod text;
