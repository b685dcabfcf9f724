//! How a report is ended: with what only the database can say of it.

use super::{Session, now};
use crate::engine::Ending;
use crate::report::assets;
use crate::report::collect::Collector;
use crate::report::model::Report;

impl Session {
    /// Ends a report, with the names of the assets that it tells of, as far as the role may know them. Whoever has stopped
    /// the work waits for nothing more.
    pub async fn finish(&mut self, collector: Collector, ending: Ending) -> Report {
        let mut report = collector.finish(ending, now());
        let told_of = assets::told_of(&report);
        if ending == Ending::Complete && !told_of.is_empty() {
            match self.store.asset_names(&told_of).await {
                Ok(names) => report.assets = names.into_iter().collect(),
                Err(error) => tracing::info!("{error}"),
            }
        }
        report
    }
}
