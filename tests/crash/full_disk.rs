//! A disk that fills up below SQLite. The disk is a file system in memory, in a mount namespace of its own, so that
//! it is gone with the test however that ends.

use std::env;
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::Command;

use crate::look::Look;
use crate::stage::Stage;
use crate::statemend::{ran, statemend};
use crate::subject::{Stages, Subject, arguments, expire_leases};
use crate::support::{Connection, Engine, block_on};

#[test]
fn a_repair_that_fills_the_disk_leaves_nothing_half_done_and_goes_on_when_there_is_room() {
    on_a_disk("a_repair_that_fills_the_disk_leaves_nothing_half_done_and_goes_on_when_there_is_room", fill_and_go_on);
}

#[test]
fn a_repair_that_fills_the_disk_gives_its_lease_back() {
    on_a_disk("a_repair_that_fills_the_disk_gives_its_lease_back", fill_and_let_go);
}

/// What is free when a repair begins, from too little for the journal's tables to too little for the last chunks.
const ROOMS: [u64; 5] = [8 << 10, 40 << 10, 80 << 10, 120 << 10, 160 << 10];

async fn fill_and_go_on(disk: Disk) {
    let (database, Stages { repair, undo }) = database().await;
    let mut stops = Vec::new();
    for room in ROOMS {
        let url = disk.fill(&database, room);
        let stopped = statemend(&arguments(&url, &["repair"])).exits(3).says("disk is full");
        assert_eq!(stopped.stdout, "");
        stops.push(done(&disk, &repair).await);
        disk.make_room();
        let mut connection = Connection::open(Engine::Sqlite, &url).await;
        assert_eq!(connection.rows("PRAGMA integrity_check").await, [[Some("ok".to_owned())]]);
        if stops.last() != Some(&None) {
            expire_leases(&mut connection).await;
        }
        statemend(&arguments(&url, &["repair"])).exits(0);
        let look = Look::at(&mut connection).await;
        repair.check_end(&look);
        statemend(&arguments(&url, &["undo", &look.run("repair").expect("a run").id])).exits(0);
        undo.check_end(&Look::at(&mut connection).await);
    }
    let inside = stops.iter().flatten().filter(|&&done| 0 < done && done < repair.changes.len()).count();
    assert!(stops[0].is_none() && inside >= 2, "the disk was full at the wrong places: {stops:?}");
}

/// The run that was stopped can be gone on with at once, by whoever made room.
async fn fill_and_let_go(disk: Disk) {
    let (database, Stages { repair, .. }) = database().await;
    let url = disk.fill(&database, ROOMS[2]);
    statemend(&arguments(&url, &["repair"])).exits(3);
    disk.make_room();
    statemend(&arguments(&url, &["repair"])).exits(0);
    repair.check_end(&Look::at_copy_of(&disk.database()).await);
}

/// A database without a journal, and what a repair and an undo make of it.
async fn database() -> (Subject, Stages) {
    let (mut subject, stages) = Subject::new(Engine::Sqlite, 2000, 1000).await;
    subject.forget_journal().await;
    subject.compact().await;
    (subject, stages)
}

/// How many changes a repair made before it stopped; nothing when it did not even begin a run.
async fn done(disk: &Disk, repair: &Stage) -> Option<usize> {
    let look = Look::at_copy_of(&disk.database()).await;
    let done = repair.check(&look);
    look.run("repair").map(|_| done)
}

/// A file system that is small enough to be filled.
struct Disk(PathBuf);

/// Tells a test that it runs in its own namespace, and where its disk is.
const DISK: &str = "STATEMEND_TEST_DISK";
/// How `mount` makes the disk.
const TMPFS: [&str; 5] = ["-t", "tmpfs", "-o", "size=8m", "tmpfs"];

/// Runs a test again, by its name, where it may mount a disk: as root, or as one who takes himself for root.
fn on_a_disk<F: Future<Output = ()>>(test: &str, body: impl FnOnce(Disk) -> F) {
    if let Some(directory) = env::var_os(DISK) {
        let mounted = Command::new("mount").args(TMPFS).arg(&directory).status();
        assert!(mounted.expect("mount is there").success());
        return block_on(body(Disk(directory.into())));
    }
    let directory = tempfile::tempdir().expect("make a directory for the disk");
    let unshare = |flags: &str| {
        let mut unshare = Command::new("unshare");
        unshare.arg(flags);
        unshare
    };
    let may_mount = |flags: &&str| {
        let tried = unshare(flags).arg("mount").args(TMPFS).arg(directory.path()).output();
        tried.is_ok_and(|tried| tried.status.success())
    };
    let flags = ["-m", "-Urm"].into_iter().find(may_mount);
    let flags = flags.expect("neither root nor a user namespace may mount the small disk that this test needs");
    let this = env::current_exe().expect("a test has a program");
    let name = format!("full_disk::{test}");
    let again = unshare(flags).arg(this).args(["--exact", &name, "--nocapture"]).env(DISK, directory.path()).output();
    let again = ran(again.expect("unshare is there"));
    assert!(again.code == 0 && again.stdout.contains("1 passed"), "{}\n{}", again.stdout, again.stderr);
}

impl Disk {
    fn database(&self) -> PathBuf {
        self.0.join("airflow.db")
    }

    /// What else there is on the disk.
    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    /// Puts a database on the disk and takes up everything else but so many bytes.
    fn fill(&self, subject: &Subject, room: u64) -> String {
        fs::copy(subject.file(), self.database()).expect("copy the database");
        let mut ballast = File::create(self.ballast()).expect("make a file");
        let full = loop {
            if let Err(error) = ballast.write_all(&[0; 4096]) {
                break error;
            }
        };
        assert_eq!(full.kind(), ErrorKind::StorageFull);
        let taken = ballast.metadata().expect("a file has a length").len();
        ballast.set_len(taken - room).expect("make it shorter");
        format!("sqlite:///{}", self.database().display())
    }

    fn make_room(&self) {
        fs::remove_file(self.ballast()).expect("remove it");
    }
}
