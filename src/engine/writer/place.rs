//! Where a run is in its tables.

use super::super::events::Events;
use super::super::halt::Halt;
use super::super::store::Ledger;
use super::Writer;
use crate::domain::target::{Key, Target};

impl<'w, L: Ledger, E: Events> Writer<'w, L, E> {
    /// The tables that are not done yet, in their order.
    pub fn ahead(&self) -> &'w [&'static Target] {
        let targets = self.work.targets;
        let reached = self.progress.cursor.table.as_deref();
        let begin = targets.iter().position(|target| Some(target.table.as_str()) == reached);
        &targets[begin.unwrap_or(0)..]
    }

    /// Moves the cursor to a table, unless it is there already, and says where the table ends for this run.
    pub async fn enter(&mut self, target: &'static Target) -> Result<Option<Key>, Halt> {
        let cursor = &self.progress.cursor;
        let fits = cursor.after.as_ref().is_none_or(|key| target.fits_beginning(key))
            && cursor.until.as_ref().is_none_or(|key| target.fits(key));
        if cursor.table.as_deref() != Some(target.table.as_str()) || !fits {
            let until = self.insist(async |ledger| ledger.last_key(target).await).await?;
            let cursor = &mut self.progress.cursor;
            cursor.table = Some(target.table.clone());
            cursor.after = None;
            cursor.until = until;
        }
        Ok(self.progress.cursor.until.clone())
    }
}
