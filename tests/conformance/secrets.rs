//! Values and passwords are in nothing that the program says or writes, whatever it is asked for.
//!
//! Commands, options and the forms of reports come from the program's own help, so that new ones are tried as soon as
//! they are there.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::access::{as_role, with_credentials};
use crate::commands::{Parameter, commands, parameters};
use crate::state::{fill_assets, fill_tasks};
use crate::statemend::{Ran, command, ran, statemend};
use crate::support::{Engine, TestDatabase};

on_every_engine!(nothing_secret_is_in_any_output);

/// The password of the role, and what every value holds, as it is and as base64 and hex make it look.
const SECRETS: [&str; 4] = ["hunter2", "opensesame", "Im9wZW5zZXNhbWUi", "6f70656e736573616d65"];

const VALUES: [&str; 17] = [
    "opensesame",
    "'opensesame'",
    "{'opensesame': b'opensesame'}",
    "{\"opensesame\": ",
    "{\"opensesame\": \"opensesame\"} opensesame",
    "s3://opensesame:opensesame@opensesame/opensesame",
    "eyJhIjogIm9wZW5zZXNhbWUifQ==",
    "7b2261223a20226f70656e736573616d65227d",
    "{\"opensesame\": NaN}",
    "{\"opensesame\": \"\\ud83d\"}",
    "\"s3://opensesame\"",
    "{\"__type\": \"ExternalState\", \"__var\": \"s3://opensesame\"}",
    "{\"opensesame\": 1, \"opensesame\": 2}",
    "\"{\\\"opensesame\\\": 1}\"",
    // Healthy, unless age makes strings of them.
    "\"opensesame\"",
    "{\"opensesame\": \"opensesame\"}",
    "[\"opensesame\"]",
];

const RULES: &str = r#"
version = 1

[[target]]
table = "archive"
key = "id"
value = "payload"
reader = "jsonb"

[[rule]]
kind = "python_literal"
text = "o"
action = "decode"
"#;

/// Options that are there to show values.
const SHOWING: [&str; 2] = ["--show-values", "--ndjson"];

/// Options that every call has in some form, or that do something else than the command.
const EVERYWHERE: [&str; 7] = ["--url", "--format", "--yes", "--verbose", "--quiet", "--help", "--version"];

async fn nothing_secret_is_in_any_output(engine: Engine) {
    let database = TestDatabase::fresh(engine).await;
    database.execute("CREATE TABLE archive (id integer NOT NULL PRIMARY KEY, payload text NOT NULL)").await;
    let url = match engine {
        Engine::Sqlite => database.url().to_owned(),
        Engine::Postgres | Engine::MySql => as_role(&database, "ALL").await,
    };
    let mut trial = Trial { database, url, folder: tempfile::tempdir().expect("a folder"), calls: 0 };
    fs::write(trial.path("rules.toml"), RULES).expect("the rules");
    fs::write(trial.path("input"), VALUES[0]).expect("the input");
    fs::create_dir(trial.path("written")).expect("a folder");
    trial.plant().await;
    let shown = statemend(&["scan", "--show-values", "--url", &trial.url]).exits(10).stdout;
    assert!(shown.contains("opensesame"), "{shown}");
    let commands = commands();
    for words in &commands {
        let has_commands = commands.iter().any(|other| other.len() > words.len() && other.starts_with(words));
        let parameters = parameters(words);
        let knows_databases = parameters.iter().any(|parameter| parameter.option.as_deref() == Some("--url"));
        // What needs no database does not have to be tried with each.
        if !has_commands && (knows_databases || engine == Engine::Sqlite) {
            trial.all_of(words, &parameters).await;
        }
        if knows_databases {
            trial.troubles(words, &parameters);
        }
    }
    trial.troubles_of_configuration();
    assert!(trial.calls > 100, "{} calls", trial.calls);
}

struct Trial {
    database: TestDatabase,
    url: String,
    folder: TempDir,
    calls: usize,
}

impl Trial {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The values as they were before anything was done to them.
    async fn plant(&self) {
        self.database.execute("DELETE FROM task_state_store; DELETE FROM asset_state_store; DELETE FROM archive").await;
        fill_tasks(&self.database, &VALUES).await;
        fill_assets(&self.database, &[(1, "a", VALUES[0]), (2, "b", VALUES[15])]).await;
        let literal = |(id, value): (usize, &&str)| format!("({id}, {})", self.database.engine.literal(value));
        let rows: Vec<_> = VALUES.iter().enumerate().map(literal).collect();
        self.database.execute(&format!("INSERT INTO archive VALUES {}", rows.join(", "))).await;
        if self.database.engine == Engine::Sqlite {
            self.database.execute("UPDATE task_state_store SET value = x'6f70656e736573616d65ff' WHERE id = 1").await;
        }
    }

    /// Each verbosity, each form of the report with the highest of them, and each other option on its own.
    async fn all_of(&mut self, words: &[String], parameters: &[Parameter]) {
        let is_format = |parameter: &&Parameter| parameter.option.as_deref() == Some("--format");
        let formats = parameters.iter().find(is_format).map_or(&[][..], |format| &format.choices);
        let formats = formats.iter().map(|format| vec!["-vv", "--format", format]);
        for more in [vec!["--quiet"], vec![], vec!["-v"], vec!["-vv"]].into_iter().chain(formats) {
            let more: Vec<String> = more.into_iter().map(str::to_owned).collect();
            let code = self.call(words, parameters, &more).await.code;
            assert!([0, 10, 11].contains(&code), "{words:?} {more:?} ends with {code}");
        }
        for parameter in parameters {
            let Some(option) = &parameter.option else { continue };
            if !SHOWING.iter().chain(&EVERYWHERE).any(|other| other == option) {
                let value = parameter.value.as_ref().map(|_| self.value(parameter));
                let more: Vec<String> = [option.clone()].into_iter().chain(value).chain(["-vv".to_owned()]).collect();
                self.call(words, parameters, &more).await;
            }
        }
    }

    /// Calls a command with what it must have, and with as much of what it may have as goes together.
    async fn call(&mut self, words: &[String], parameters: &[Parameter], more: &[String]) -> Ran {
        if parameters.iter().any(|parameter| parameter.option.as_deref() == Some("--yes")) {
            self.plant().await;
        }
        let mut last = None;
        for (optional, yes) in [(true, true), (false, true), (true, false), (false, false)] {
            let mut args = words.to_vec();
            for parameter in parameters {
                match parameter.option.as_deref() {
                    Some("--url") => args.extend(["--url".to_owned(), self.url.clone()]),
                    Some("--yes") if yes => args.push("--yes".to_owned()),
                    None if optional || !parameter.optional => args.push(self.value(parameter)),
                    _ => {}
                }
            }
            args.extend(more.iter().cloned());
            let ran = self.run(&args, None);
            let fits = ran.code != 2;
            last = Some(ran);
            if fits {
                break;
            }
        }
        last.expect("a call")
    }

    /// Databases that cannot be used.
    fn troubles(&mut self, words: &[String], parameters: &[Parameter]) {
        let required = parameters.iter().filter(|parameter| parameter.option.is_none() && !parameter.optional);
        let values: Vec<String> = required.map(|parameter| self.value(parameter)).collect();
        for url in self.useless_urls() {
            self.run(&[words, &values, &["-vv".to_owned(), "--url".to_owned(), url]].concat(), None).fails();
        }
    }

    /// The same, named in the environment.
    fn troubles_of_configuration(&mut self) {
        let scan = ["scan", "-vv"].map(str::to_owned);
        for url in self.useless_urls() {
            self.run(&scan, Some(("STATEMEND_URL", &url))).fails();
            self.run(&scan, Some(("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", &url))).fails();
            self.run(&scan, Some(("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD", &format!("echo '{url}'")))).fails();
        }
    }

    fn useless_urls(&self) -> Vec<String> {
        let mut urls = vec!["hunter2".to_owned(), "mssql://me:hunter2@host/db".to_owned()];
        let (server, _) = self.url.rsplit_once('/').expect("a database");
        urls.push(format!("{server}/no_such_database"));
        if self.database.engine != Engine::Sqlite {
            urls.push(with_credentials(&self.url, "nobody:hunter2"));
            urls.push(with_credentials(&self.url, "nobody:hunter2").replacen("127.0.0.1", "127.0.0.1:hunter2", 1));
            urls.push(format!("{}?sslmode=hunter2&ssl_mode=hunter2", self.url));
        }
        urls
    }

    /// Something to try a parameter with.
    fn value(&self, parameter: &Parameter) -> String {
        let name = parameter.value.as_deref().expect("the name of a value");
        let new = self.path("written").join(self.calls.to_string());
        match (name, parameter.option.as_deref()) {
            (_, Some("--log-format")) => "json".to_owned(),
            _ if !parameter.choices.is_empty() => parameter.choices[0].clone(),
            (_, Some("--metrics-file")) => format!("{}.prom", new.display()),
            ("FILE", None | Some("--rules")) => self.path("rules.toml").display().to_string(),
            ("FILE", Some("--plan")) => self.plan(),
            ("FILE" | "DIR", _) => new.display().to_string(),
            ("RUN", _) => self.run_to_undo(),
            ("URL", _) => self.url.clone(),
            ("NAME", _) => "task_state_store".to_owned(),
            ("N", _) => "1000".to_owned(),
            ("I/N", _) => "1/2".to_owned(),
            ("DURATION", _) => "10ms".to_owned(),
            ("AGE", _) => "1d".to_owned(),
            ("TIME", _) => "2030-01-01T00:00:00Z".to_owned(),
            _ => panic!("tests/conformance/secrets.rs: what is a {name} of {:?}?", parameter.option),
        }
    }

    fn plan(&self) -> String {
        let plan = self.path("written").join("plan").display().to_string();
        statemend(&["scan", "--plan-out", &plan, "--url", &self.url]).exits(10);
        plan
    }

    fn run_to_undo(&self) -> String {
        let repair = statemend(&["repair", "--yes", "--format", "json", "--url", &self.url]);
        repair.json()["run_id"].as_str().expect("a run").to_owned()
    }

    /// Runs the program, and looks at all that comes of it.
    fn run(&mut self, args: &[String], variable: Option<(&str, &str)>) -> Ran {
        self.calls += 1;
        let words: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut program = command(&words);
        // What is kept for the user is looked at as well.
        program.env("XDG_STATE_HOME", self.path("written"));
        program.current_dir(self.path("written")).stdin(File::open(self.path("input")).expect("the input"));
        program.envs(variable);
        let ran = ran(program.output().expect("the program starts"));
        assert!(ran.code != 101 && ran.code != 1, "{words:?}: {ran:?}");
        for text in [&ran.stdout, &ran.stderr] {
            is_clean(text, &words);
        }
        for file in files(&self.path("written")) {
            is_clean(&String::from_utf8_lossy(&fs::read(&file).expect("a file")), &words);
            fs::remove_file(file).expect("it is ours");
        }
        ran
    }
}

impl Ran {
    fn fails(self) {
        assert!([2, 3].contains(&self.code), "{self:?}");
    }
}

fn is_clean(text: &str, words: &[&str]) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{words:?} lets out {secret}:\n{text}");
    }
}

/// The files in a folder and in those below.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
