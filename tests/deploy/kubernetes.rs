//! The CronJob: what Kubernetes says of it, and what its container does.

use std::process::Command;

use serde_json::Value;

use crate::airflow::python;
use crate::night::Night;
use crate::statemend::{command, ran};

#[test]
fn the_cron_job_is_valid_and_its_container_tells_bad_rows() {
    let manifests = ["tests/deploy/manifests.py", "deploy/kubernetes/cronjob.yaml"];
    let root = env!("CARGO_MANIFEST_DIR");
    let told = ran(Command::new(python()).current_dir(root).args(manifests).output().expect("it starts")).exits(0);
    let objects: Vec<Value> = told.stdout.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
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
