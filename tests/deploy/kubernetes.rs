//! The CronJob and the Job: what Kubernetes says of them, and what their containers do.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::airflow::{path_to, python};
use crate::night::Night;
use crate::statemend::{command, ran, statemend};
use crate::support::{Engine, TestDatabase, block_on};

#[test]
fn the_cron_job_is_valid_and_its_container_tells_bad_rows() {
    let objects = valid("deploy/kubernetes/cronjob.yaml");
    let [job, claim] = objects.as_slice() else { panic!("{objects:?}") };
    let pod = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    assert_eq!(pod["volumes"][0]["persistentVolumeClaim"]["claimName"], claim["metadata"]["name"]);
    assert_eq!(pod["volumes"][0]["name"], container["volumeMounts"][0]["name"]);
    let failing = &job["spec"]["jobTemplate"]["spec"]["podFailurePolicy"]["rules"][0]["onExitCodes"];
    assert_eq!(failing["containerName"], container["name"]);
    let version = format!(":{}", env!("CARGO_PKG_VERSION"));
    assert!(container["image"].as_str().is_some_and(|image| image.ends_with(&version)), "{}", container["image"]);

    let night = Night::begin();
    let mounted = container["volumeMounts"][0]["mountPath"].as_str().expect("a path");
    let args = container["args"].as_array().expect("arguments").iter().map(|arg| arg.as_str().expect("text"));
    let args: Vec<String> = args.map(|arg| arg.replace(mounted, night.folder())).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    night.is_told(|| {
        let mut program = command(&words);
        let url = container["env"][0]["name"].as_str().expect("a name");
        ran(program.env(url, night.url()).output().expect("it starts"))
    });
}

#[test]
fn the_pods_of_the_indexed_job_share_a_repair() {
    let objects = valid("deploy/kubernetes/repair-job.yaml");
    let [job] = objects.as_slice() else { panic!("{objects:?}") };
    let spec = &job["spec"];
    let container = &spec["template"]["spec"]["containers"][0];
    let pods = spec["completions"].as_u64().expect("a number");
    assert_eq!(container["env"][0], json!({"name": "SHARDS", "value": pods.to_string()}));
    assert_eq!(spec["podFailurePolicy"]["rules"][0]["onExitCodes"]["containerName"], container["name"]);

    let database = block_on(TestDatabase::fresh(Engine::Sqlite));
    let asset = |asset| format!("({asset}, 'key', 'raw', '2026-05-04', NULL, NULL, NULL, NULL, -1)");
    let rows: Vec<String> = (0..64).map(asset).collect();
    block_on(
        database
            .execute(&format!("PRAGMA foreign_keys = off; INSERT INTO asset_state_store VALUES {}", rows.join(", "))),
    );
    let words = ["command", "args"].map(|part| container[part].as_array().expect("words").iter());
    let words: Vec<&str> = words.into_iter().flatten().map(|word| word.as_str().expect("text")).collect();
    for index in 0..pods {
        let mut pod = Command::new(words[0]);
        pod.args(&words[1..]).env("PATH", path_to(Path::new(env!("CARGO_BIN_EXE_statemend"))));
        pod.env("SHARDS", pods.to_string()).env("STATEMEND_URL", database.url());
        pod.env("JOB_COMPLETION_INDEX", index.to_string());
        ran(pod.output().expect("it starts")).exits(0);
    }
    statemend(&["scan", "--url", database.url()]).exits(0);
    let runs = statemend(&["runs", "--url", database.url(), "--format", "json"]).exits(0).json();
    assert_eq!(runs["shared"][0]["states"], json!({"done": pods}));
    let share = |run: &Value| run["totals"]["rewritten"] == 64 / pods;
    assert!(runs["runs"].as_array().expect("a list").iter().all(share), "{runs}");
}

/// The objects of a manifest, which Kubernetes would take.
fn valid(manifest: &str) -> Vec<Value> {
    let mut validate = Command::new(python());
    validate.current_dir(env!("CARGO_MANIFEST_DIR")).args(["tests/deploy/manifests.py", manifest]);
    let told = ran(validate.output().expect("it starts")).exits(0);
    told.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}
