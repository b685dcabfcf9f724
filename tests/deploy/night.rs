//! What every schedule is for: that rows which go bad are told, and are told once more until they are mended.

use tempfile::TempDir;

use crate::statemend::Ran;
use crate::support::{Engine, TestDatabase, block_on};

/// A database, and a folder that outlasts a check.
pub struct Night {
    database: TestDatabase,
    folder: TempDir,
}

impl Night {
    pub fn begin() -> Self {
        let database = block_on(TestDatabase::fresh(Engine::Sqlite));
        Self { database, folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn url(&self) -> &str {
        self.database.url()
    }

    pub fn folder(&self) -> &str {
        self.folder.path().to_str().expect("its path is text")
    }

    /// Insists that a check ends well while all rows can be read, and with exit code 10 while some cannot.
    pub fn is_told(&self, mut check: impl FnMut() -> Ran) {
        check().exits(0);
        self.write("raw text");
        let found = check().exits(10);
        assert!(found.stderr.contains("new=1") || found.stderr.contains("\"new\":1"), "{}", found.stderr);
        check().exits(10);
        self.write("\"mended\"");
        check().exits(0);
    }

    fn write(&self, value: &str) {
        let row =
            format!("REPLACE INTO asset_state_store (asset_id, key, value, updated_at) VALUES (1, 'a', '{value}', ");
        block_on(self.database.execute(&(row + "'2026-05-04 03:02:01')")));
    }
}
