//! The CronJob: what Kubernetes says of it.

use std::process::Command;

use serde_json::Value;

use crate::airflow::python;
use crate::statemend::ran;

#[test]
fn the_cron_job_is_valid() {
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
}
